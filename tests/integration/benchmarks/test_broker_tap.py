import asyncio
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.cost.broker_tap import BrokerTap
from rigs.mqtt.broker import running_broker
from rigs.waiting import eventually


async def test_only_messages_of_the_topic_and_their_acknowledgments_are_noted(
    tmp_path: Path,
) -> None:
    with running_broker(tmp_path) as broker:
        async with BrokerTap(broker.port, "final") as tap:
            client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
            client.connect_async("127.0.0.1", tap.port)
            client.loop_start()
            await eventually(client.is_connected)
            sent = [
                client.publish(topic, "word " * 100, qos=1)
                for topic in ("other", "final", "other", "final")
            ]
            await eventually(lambda: all(info.is_published() for info in sent))
            client.disconnect()
            await asyncio.to_thread(client.loop_stop)
    assert len(tap.published["final"]) == len(tap.acknowledged) == 2
    assert "other" not in tap.published
