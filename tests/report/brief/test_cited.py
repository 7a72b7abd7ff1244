"""Numbers keep their sources through sentences, and nothing of a text becomes markup."""

from __future__ import annotations

from sim.report.brief.cited import Source, Sources


def test_a_source_is_listed_once_and_its_number_follows_the_last_of_its_numbers():
    sources = Sources()
    low, high = (sources.cite(text, "a.csv", scenario="plan", year=2029, column=text) for text in ("1.0", "2.0"))
    other = sources.cite("3", "b.csv", "what is read there")
    made = str(sources.markup(f"from {low} to {high}, and {other}"))
    assert sources.listed == [Source("a.csv", "plan, 2029"), Source("b.csv", "what is read there")]
    assert made.count("<sup") == 2
    assert '2.<span class="cited">0<sup aria-hidden="true">1</sup></span></a>, and' in made
    assert 'data-source="a.csv;scenario=plan;year=2029;column=1.0">1.0</a> to' in made
    assert sources.numbers(f"{other} {low} {high}") == [1, 2]


def test_texts_and_numbers_are_escaped():
    sources = Sources()
    number = sources.cite("<i>", "a.csv", name='x"y')
    made = str(sources.markup(f"<b> & {number}"))
    assert made.startswith("&lt;b&gt; &amp; <a ")
    assert "<i>" not in made
    assert "&lt;i" in made
    assert 'name=x&#34;y"' in made
    assert str(sources.markup("plain < text")) == "plain &lt; text"


def test_numbers_of_sources_can_be_left_out():
    sources = Sources()
    assert "<sup" not in sources.markup(sources.cite("5", "a.csv", year=1), numbered=False)
