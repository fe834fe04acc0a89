"""The settings: their sections, where they come from, and what is wrong with them.

Others import `settings.Settings` and its sections; `loading.load`, which reads it from
outside, and `apart.Reading`, which has another process do that; `sources.overriding`,
the names of the variables that count; `mistakes.Mistakes`, to tell all that is wrong at
once; `toml.toml`.
"""
