"""Members of profile files: rejected ones, with the place and the expected content."""

from hypothesis import given, settings, strategies as st
import pytest
import yaml  # type: ignore[import-untyped]

from custom_components.iotbridge.things.profiles.yaml_file import ProfileError, parse

MINIMAL = "name: x\nmatch: {topic: a/+}\nchannels:\n  - {name: T, path: [t]}\n"


def test_words_that_yaml_parses_as_booleans_are_names() -> None:
    channel = parse(MINIMAL.replace("path: [t]", "path: [t], platform: binary_sensor, on: open, off: shut")).channels[0]

    assert (channel.on, channel.off) == ("open", "shut")


@pytest.mark.parametrize(
    ("text", "place", "expected"),
    [
        ("", "", "a mapping"),
        ("[1, 2]", "", "a mapping"),
        ("a: [", "", "valid YAML in line 1"),
        (MINIMAL + "expire: 5\n", "expire", "one of name,"),
        (MINIMAL.replace("name: x", "name: 5"), "name", "a text"),
        (MINIMAL.replace("name: x", "name: 2024-01-01"), "name", "a text"),
        (MINIMAL.replace("{topic: a/+}", "{}"), "match", "a topic, keys or values"),
        (MINIMAL.replace("a/+", "a/b+"), "match.topic", "a topic filter"),
        (MINIMAL.replace("a/+", "'#/a'"), "match.topic", "a topic filter"),
        (MINIMAL.replace("a/+}", "a/+, keys: t}"), "match.keys", "a list"),
        (MINIMAL.replace("a/+}", "a/+, values: {m: []}}"), "match.values.m", "a value or a list"),
        (MINIMAL.replace("  - {name: T, path: [t]}", "  []"), "channels", "at least one"),
        (MINIMAL.replace("path: [t]", "path: t"), "channels[0].path", "a list"),
        (MINIMAL.replace("path: [t]", "path: [1.5]"), "channels[0].path[0]", "a name or an index"),
        (MINIMAL.replace("path: [t]", "path: [t], unti: V"), "channels[0].unti", "one of name, path"),
        (MINIMAL.replace("path: [t]", "path: [t], platform: light"), "channels[0].platform", "one of sensor"),
        (MINIMAL.replace("path: [t]", "path: [t], precision: 99"), "channels[0].precision", "a whole number"),
        (MINIMAL.replace("path: [t]", "path: [t], scale: 0"), "channels[0].scale", "a number other than 0"),
        (MINIMAL.replace("path: [t]", "path: [t], scale: .nan"), "channels[0].scale", "a number other than 0"),
        (MINIMAL.replace("path: [t]", "path: [t], enabled: 1"), "channels[0].enabled", "true or false"),
        (MINIMAL.replace("path: [t]", "path: [t], on: true"), "channels[0].on", "a text"),
        (MINIMAL + "depth: 1.5\n", "depth", "a whole number"),
        (MINIMAL + "expire_after_s: -1\n", "expire_after_s", "a whole number"),
        (MINIMAL + "availability: {topik: a}\n", "availability.topik", "one of topic"),
        (MINIMAL + "model: !!python/object/apply:os.system ['true']\n", "", "valid YAML in line 5"),
        ("a: &x [1]\nb: *x\n", "", "no aliases"),
        ("[" * 100 + "]" * 100, "", "at most 12 levels"),
        ("x" * 70_000, "", "at most 64 KiB"),
        ("1: 2", "", "names that are text"),
        ("a: " + "9" * 5_000, "", "valid YAML"),
    ],
)
def test_invalid_members_are_named(text: str, place: str, expected: str) -> None:
    with pytest.raises(ProfileError) as caught:
        parse(text)

    assert caught.value.place == place
    assert caught.value.expected.startswith(expected)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "match", "topic", "keys", "values", "channels", "path", "on", "x"]), children
        )
    ),
    max_leaves=12,
)


@given(plain=PLAIN, member=st.sampled_from(["match", "channels", "depth", "availability", "expire_after_s", "name"]))
@settings(max_examples=300, deadline=None)
def test_nothing_but_profiles_and_profile_errors(plain: object, member: str) -> None:
    whole = yaml.safe_load(MINIMAL) | {member: plain}
    for text in (yaml.safe_dump(whole), yaml.safe_dump(plain)):
        message = ""
        try:
            parse(text)
        except ProfileError as error:
            message = str(error)
        assert len(message) < 500


@given(text=st.text(max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_text(text: str) -> None:
    for candidate in (text, MINIMAL + text, MINIMAL.replace("path: [t]", text)):
        try:
            parse(candidate)
        except ProfileError:
            continue
