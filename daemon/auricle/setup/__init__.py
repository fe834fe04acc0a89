"""Asking for what a satellite needs to know, and trying each answer at once.

`assistant` asks, and `trials` tries what was answered; `settings_file` and
`secret_store` write it down, and `nearby` finds brokers that announce themselves.
"""
