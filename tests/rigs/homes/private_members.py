"""The members of Home Assistant's satellite that ours uses and nobody promised."""

PRIVATE = {
    "_ask_question_future",
    "_conversation_id",
    "_extra_system_prompt",
    "_is_announcing",
    "_resolve_pipeline",
    "_set_state",
    "_wake_word_intercept_future",
}
"""All that it uses of what Home Assistant may change without a word."""
