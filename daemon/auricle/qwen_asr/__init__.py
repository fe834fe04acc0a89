"""The Qwen-ASR-Realtime protocol on the wire, as both of its ends need it.

A client opens a WebSocket, and says in a session what it hears; the server answers with
what was said. Here is what both agree on, with no clock, thread or socket, and with
nothing of auricle's but `text`: what becomes of the messages is decided in `asr` and
`recognizer`. These names may be imported by others:

* `address`, where a recognizer is: FINAL_TIMEOUT, LONGEST_WAIT, PATH, PRICE_CURRENCY,
  REGIONS, RecognizerAddress, Region, complete_url, fits_header, is_loopback,
  is_the_services, may_be_host, published_price, region_url, require_secure_url
* `events`, what the messages mean: all of its names
* `encoding`, from an event to its message: Message, encode_client_event,
  encode_server_event
* `decoding`, from a message to what the server means: InterimDelta, decode_server_event
* `validation`, from a message to what the client asks, or to an error: PartialUpdate,
  invalid, read_client_message, refused_field
* `hints`, how many words to expect may be sent: MOST_TOKENS, fitting, tokens
* `spelling`, how alike two spellings are, or sound: letters, consonants, likeness
* `wording`, recognized words compared, counted and put together: PlacedWord, has_words,
  joined, language_label, placed_words, repeats_hints, words
"""
