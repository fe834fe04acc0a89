"""MQTT: what the satellite tells the house, and what the house tells the satellite.

`Publisher` is the one object that the rest of the daemon talks to. `link` keeps a
connection to a broker, `discovery` introduces the device to Home Assistant, and
`delivery` sees to it that no final is lost. A final passes three rooms, in this order:

1. `FinalDelivery` keeps it on disk before it is published, and until its fate is known.
2. `DeliveryLedger` says when it is to be published, and what became of it.
3. `OutcomePublisher` puts it on all the topics that tell it.

A turn without a final has the third alone.

These names may be imported by others:

* `settings`, what can be changed while it runs: all of its names
* `topics`, every topic name: Action, Topics, node_name, require_levels,
  require_word
* `commands`, what may be ordered: all of its names
* `playing`, what is said of sounds and timers: parse_play, parse_timer, UnusableError
* `messages`, what is published: Diagnostics, Disclosure, Messages
* `publisher`: Publisher, PublisherSettings, Run
* `name_check`, who else has our name: Namesake
* `hermes`, the topics of Rhasspy: Hermes
* `forgetting`, removing a satellite from a broker: Forgotten, ForgettingError, forget
* `discovery` and `link`, as they say themselves
"""
