"""A turn's MQTT messages, as a person would tell them."""

import json


def tell(topic: str, payload: str) -> str | None:
    """Tell a person of a message in a line; None for what they need not see.

    `topic` is below the satellite's own.
    """
    match topic:
        case "state":
            return f"state        {payload}"
        case "event/wake":
            event = json.loads(payload)
            if "score" not in event:
                return "push to talk"
            return f"wake word    {event['wake_word']} (score {event['score']:.2f})"
        case "transcript/partial":
            return f"interim      {json.loads(payload)['text']}"
        case "event/utterance":
            return _tell_outcome(json.loads(payload))
        case _:
            return None


def _tell_outcome(event: dict[str, object]) -> str:
    if event["event_type"] != "transcript":
        return f"outcome      {event['event_type']} {event.get('reason') or ''}"
    facts = [
        f"language {event.get('language') or 'not reported'}",
        f"emotion {event.get('emotion') or 'not reported'}",
    ]
    if event.get("latency_ms") is not None:
        facts.append(f"{event['latency_ms']} ms after the end of speech")
    return f"final        {event['text']}\n          {'':12} {', '.join(facts)}"
