"""One connection to a broker after the other, and the whole life of each.

`client` keeps connected: `route` says to which broker and when, `watched_connection`
gives up one that does not answer, `connection` has paho in a thread. `disconnection`,
`refusals` and `packet_limit` tell what a broker means. These names may be imported by
others:

* `client`: MqttClient
* `broker`, where a broker is and what became of things: all of its names
* `message`: Message
* `packet_limit`: packet_size
* `refusals`, what a person has to mend at the broker: BrokerRefusal
"""
