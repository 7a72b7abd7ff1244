"""Every column of ``households.parquet`` and ``persons.parquet``: one row each, with its description."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from sim.agents.state import (
    INSURED,
    LAND,
    LOCAL,
    MIGRANT_CLASS_MASK,
    MIGRANT_CLASS_SHIFT,
    N_SLOTS,
    OWNER,
    PERMIT,
    PUBLIC_PLACE,
    SKILL_MASK,
)
from sim.agents.world import ORIGIN_STATES, OUTSIDE, URBAN
from sim.base.arrays import Ints
from sim.data import Region
from sim.model.year.books import FIRST_MONTH_YEAR
from sim.studies.household_view import Flags, View

__all__ = ["HOUSEHOLDS", "PERSONS", "Readable", "Shown"]

SKILLS = ("low", "middle", "high")
ORIGINS = ("local", "same county", "other county", "other province")
ROLES = ("head", "spouse", *("child",) * 4, *("elder",) * 2)
ZONES = ("village", "town", "outside")


class Shown(NamedTuple):
    """What the columns are made from.

    Attributes:
        view: households in the order of their keys.
        region: names of places.
        weight: households of the province that one agent stands for.
    """

    view: View
    region: Region
    weight: float


class Readable(NamedTuple):
    """One column.

    Attributes:
        name: name in the file.
        kind: text, whole number, number, yes or no, date.
        en, zh: description.
        values: array of one value per household or person.
    """

    name: str
    kind: str
    en: str
    zh: str
    values: Callable[[Shown], pa.Array]


def _names(codes: Ints, names: tuple[str, ...]) -> pa.Array:
    """Return text from codes into names; missing where the code is negative."""
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32(), mask=codes < 0), pa.array(names, pa.string()))


def _keys(shown: Shown) -> pa.Array:
    return pa.array(shown.view.households.key.astype(str), pa.string())


def _place_names(region: Region, part: str) -> tuple[str, ...]:
    """Return codes, or English or Chinese names, of counties and then of outside places."""
    inside = {"code": region.county_codes, "en": region.county_names_en, "zh": region.county_names_zh}
    outside = {"code": region.outside_codes, "en": region.outside_names_en, "zh": region.outside_names_zh}
    return (*inside[part], *outside[part])


def _site(place: Ints, edge: int) -> Ints:
    """Return the position of a place among counties and outside places, -1 for none."""
    return np.where(place >= edge, place - edge // 2, np.where(place < 0, -1, place >> 1))


def _place(name: str, en: str, zh: str, place: Callable[[View], Ints]) -> tuple[Readable, ...]:
    """Return code, names and zone of a place as columns."""

    def told(part: str) -> Callable[[Shown], pa.Array]:
        return lambda s: _names(_site(place(s.view), s.view.edge), _place_names(s.region, part))

    return (
        Readable(
            f"{name}_code",
            "text",
            f"county code, or code of the outside place, {en}",
            f"{zh}县代码或省外去向代码",
            told("code"),
        ),
        Readable(f"{name}_en", "text", f"its English name, {en}", f"{zh}英文名", told("en")),
        Readable(f"{name}_zh", "text", f"its Chinese name, {en}", f"{zh}中文名", told("zh")),
        Readable(
            f"{name}_zone",
            "text",
            f"village, town or outside the province, {en}",
            f"{zh}属村（village）、城镇（town）或省外（outside）",
            lambda s: _names(s.view.zone(place(s.view)), ZONES),
        ),
    )


def _prefecture(part: str) -> Callable[[Shown], pa.Array]:
    def values(s: Shown) -> pa.Array:
        names = {
            "code": s.region.prefecture_codes,
            "en": s.region.prefecture_names_en,
            "zh": s.region.prefecture_names_zh,
        }
        return _names(s.region.county_prefecture[s.view.households.home_county.astype(np.int64)], names[part])

    return values


def _moved(shown: Shown) -> pa.Array:
    """Return the first day of the month of the last change of residence."""
    months = shown.view.households.arrival.astype(np.int64) + 12 * (FIRST_MONTH_YEAR - 1970)
    return pa.array(months.astype("datetime64[M]").astype("datetime64[D]"))


def _whole(values: Callable[[View], Ints]) -> Callable[[Shown], pa.Array]:
    return lambda s: pa.array(values(s.view), pa.int16())


def _bit(bit: int) -> Callable[[Shown], pa.Array]:
    return lambda s: pa.array(s.view.social(bit))


def _origin(view: View) -> Ints:
    flags = view.households.flags.astype(np.int64)
    return LOCAL + ((flags & MIGRANT_CLASS_MASK) >> MIGRANT_CLASS_SHIFT)


WEIGHT = Readable(
    "weight",
    "number",
    "households (and persons per member) of the province that the row stands for",
    "该行代表的全省家庭户数（成员代表的人数相同）",
    lambda s: pa.array(np.full(len(s.view.base), s.weight)),
)

HOUSEHOLDS: tuple[Readable, ...] = (
    Readable(
        "household",
        "text",
        "key of the household: the same in every scenario of a draw, and what `explain household=` takes",
        "家庭户编号：同一抽样的各情景中一致，可用于 `explain household=`",
        _keys,
    ),
    WEIGHT,
    Readable("persons", "whole number", "members", "成员数", _whole(lambda v: v.persons)),
    Readable("children", "whole number", "members of 0-15", "0–15岁成员数", _whole(lambda v: v.children.sum(axis=1))),
    Readable("workers", "whole number", "members of 18-59", "18–59岁成员数", _whole(lambda v: v.workers.sum(axis=1))),
    Readable(
        "elders", "whole number", "members of 60 and over", "60岁及以上成员数", _whole(lambda v: v.elders.sum(axis=1))
    ),
    Readable(
        "persons_away", "whole number", "members who are away", "外出成员数", _whole(lambda v: v.away.sum(axis=1))
    ),
    Readable("head_age", "whole number", "age of the head, years", "户主年龄（岁）", _whole(lambda v: v.head_age)),
    Readable(
        "arrangement",
        "text",
        "where it lives: village, split_in (some in a town of the province), split_out (some outside), town_migrant "
        "(in a town, not its own), town_native (in its own town), whole_out (outside the province)",
        "居住安排：village全家在村，split_in部分成员在省内，split_out部分成员在省外，town_migrant在非本地城镇，"
        "town_native在本地城镇，whole_out全家在省外",
        lambda s: _names(s.view.state, ORIGIN_STATES),
    ),
    *_place("home", "of the home village or neighbourhood", "家乡所在地的", lambda v: v.home),
    Readable(
        "home_block",
        "whole number",
        "number of the home block in its county",
        "家乡村（社区）单元在县内的编号",
        _whole(lambda v: v.households.home_block.astype(np.int64)),
    ),
    Readable("home_prefecture_code", "text", "prefecture of the home, code", "家乡市州代码", _prefecture("code")),
    Readable("home_prefecture_en", "text", "prefecture of the home, English name", "家乡市州英文名", _prefecture("en")),
    Readable("home_prefecture_zh", "text", "prefecture of the home, Chinese name", "家乡市州中文名", _prefecture("zh")),
    *_place("hukou", "of registration", "户籍地的", lambda v: v.hukou),
    *_place("base", "where the members who are not away live", "未外出成员居住地的", lambda v: v.base),
    *_place(
        "away",
        "where the members who are away live; missing if nobody is",
        "外出成员居住地的（无人外出则缺失）",
        lambda v: v.away_place,
    ),
    Readable(
        "skill",
        "text",
        "skill of the main earner: low, middle, high",
        "主要务工者技能：low低，middle中，high高",
        lambda s: _names((s.view.households.social & SKILL_MASK).astype(np.int64), SKILLS),
    ),
    Readable(
        "tenure",
        "text",
        "owner or not_owner of a home where the earners live",
        "务工者居住地的住房：owner自有，not_owner非自有",
        lambda s: _names(s.view.social(OWNER).astype(np.int64), ("not_owner", "owner")),
    ),
    Readable(
        "insured", "yes or no", "has employee insurance where the earners live", "在务工地参加职工保险", _bit(INSURED)
    ),
    Readable("permit", "yes or no", "holds a residence permit", "持有居住证", _bit(PERMIT)),
    Readable("land_rights", "yes or no", "holds land rights at home", "在家乡拥有土地权益", _bit(LAND)),
    Readable(
        "public_school_place",
        "yes or no",
        "has a public school place in town",
        "在城镇有公办学位",
        lambda s: pa.array(s.view.flag(PUBLIC_PLACE)),
    ),
    Readable(
        "origin",
        "text",
        "origin at the start in the sense of the census: local, same county, other county, other province",
        "起始年按普查口径的来源：local本地，same county本县，other county他县，other province外省",
        lambda s: _names(_origin(s.view), ORIGINS),
    ),
    Readable(
        "last_move",
        "date",
        "month of the last change of residence (its first day); where nothing happened since, as drawn for the start",
        "最近一次迁居的月份（记为当月1日）；起始年之后未迁居者为起始年赋值",
        _moved,
    ),
)
"""Columns of ``households.parquet``."""


def _person(values: Callable[[View], Ints]) -> Callable[[View], Ints]:
    """Return values by person from an array by household and slot."""
    return lambda v: values(v)[v.exists]


def _of_household(values: Callable[[View], Ints]) -> Callable[[View], Ints]:
    """Return values by person from an array by household."""
    return lambda v: np.repeat(values(v), v.persons)


def _yes(values: Callable[[View], Flags]) -> Callable[[Shown], pa.Array]:
    return lambda s: pa.array(values(s.view)[s.view.exists])


def _slots(view: View) -> Ints:
    return np.broadcast_to(np.arange(N_SLOTS), view.exists.shape)


PERSONS: tuple[Readable, ...] = (
    Readable(
        "household",
        "text",
        "key of the household, as in households.parquet",
        "家庭户编号，与 households.parquet 一致",
        lambda s: pa.array(np.repeat(s.view.households.key, s.view.persons).astype(str), pa.string()),
    ),
    Readable(
        "member",
        "whole number",
        "slot of the member in the household, 0 is the head",
        "成员在户内的序号，0为户主",
        _whole(_person(_slots)),
    ),
    WEIGHT._replace(
        en="persons of the province that the row stands for",
        zh="该行代表的全省人数",
        values=lambda s: pa.array(np.full(int(s.view.persons.sum()), s.weight)),
    ),
    Readable(
        "role",
        "text",
        "slot by kind: head, spouse, child (of any age), elder",
        "户内身份：head户主，spouse配偶，child子女（不限年龄），elder长辈",
        lambda s: _names(np.array([0, 1, 2, 2, 2, 2, 3, 3])[_person(_slots)(s.view)], tuple(dict.fromkeys(ROLES))),
    ),
    Readable("age", "whole number", "completed years", "周岁", _whole(_person(lambda v: v.age))),
    Readable(
        "sex",
        "text",
        "male or female",
        "性别：male男，female女",
        lambda s: _names(s.view.woman[s.view.exists].astype(np.int64), ("male", "female")),
    ),
    Readable("away", "yes or no", "is one of the members who are away", "为外出成员", _yes(lambda v: v.away)),
    *_place("living", "where the person lives", "居住地的", _person(lambda v: v.living)),
    *_place("hukou", "of registration", "户籍地的", _of_household(lambda v: v.hukou)),
    Readable(
        "urban_resident",
        "yes or no",
        "lives in a town of the province",
        "为省内城镇常住人口",
        _yes(lambda v: v.zone(v.living) == URBAN),
    ),
    Readable(
        "registered_urban",
        "yes or no",
        "household registered in a town of the province",
        "户籍在省内城镇",
        lambda s: pa.array(_of_household(lambda v: v.zone(v.hukou) == URBAN)(s.view)),
    ),
    Readable(
        "outside_migrant",
        "yes or no",
        "lives outside the province, registered in it",
        "户籍在省内、居住在省外",
        _yes(lambda v: (v.zone(v.living) == OUTSIDE) & (v.zone(v.hukou) != OUTSIDE)[:, None]),
    ),
    Readable(
        "left_behind",
        "yes or no",
        "child of 0-15 at home with two workers away and nobody of 18-49 there",
        "0–15岁、家中有两名劳动力在外且无18–49岁成员同住的子女",
        _yes(lambda v: v.left_behind & (v.zone(v.base) != OUTSIDE)[:, None]),
    ),
    Readable(
        "migrant_pupil",
        "yes or no",
        "of 6-15 in a town where the household is not registered",
        "6–15岁、居住在未落户城镇的随迁子女",
        _yes(lambda v: v.pupils),
    ),
)
"""Columns of ``persons.parquet``."""
