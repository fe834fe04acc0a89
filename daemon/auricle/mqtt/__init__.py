"""What the satellite says and obeys on MQTT."""
