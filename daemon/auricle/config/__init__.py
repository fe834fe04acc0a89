"""The settings: their sections, where they come from, and what is wrong with them.

Others import `settings.Settings` and its sections; `loading.load`, the only way to read
it from outside; `sources.overriding`, the names of the variables that count;
`mistakes.Mistakes`, to tell all that is wrong at once; `toml.toml`.
"""
