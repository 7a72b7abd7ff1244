"""What every alternative is worth to a household: V of stay, home and every arrangement at every site.

V is stored in float64[1 + n_sites, 3], column by column: [0, 0] stay, [0, 1] home,
[1 + site, 0..2] one away, all workers away, whole household. Columns are filled up to a
multiple of the vectors (``by_site``).

The best U_j = V_j + eta_nest(j) + lambda * eps_j is chosen (``sim.agents.choice``; lambda is ``nest``, and stay and
home have eps_j alone). Names are fields of ``Choice``; c is the home county, b the home block, k the state; the
attachment number of a household is drawn again every attachment_years. Earning at a place p, and what all
arrangements at a site d share, are worth

    v(p) =      value[skill, p]
                + penalty[p]                                  not registered at p, which is no village
                + portability[p]                              the same, with land rights
    common(d) = taste * taste number of d
                + reach[c, d]
                + network[c, b, class of d seen from c]
                + shift[k, own town, other town or outside]   whole household to where its members are away: join
                + out_move[c]                                 from a village
                + pull_in                                     to a town, unless all live in one
                + pull_out                                    outside, base in the province
                + leaving                                     the same; leaving: mean of leave_age over the adults
                                                              of the arrangement who live in the province

and the alternatives, with arrangement[0, .] for towns and [1, .] for places outside,

    V(stay) =     attachment * attachment number + v(base) + taste * taste number of base
                  + home_value[c of base]                     village; all below: elsewhere
                  + insured_stay                              insured
                  + owner_stay, or housing[base] + rental[c of base]  owner, or not (rental: towns of the province)
                  + school_stay                               public school place
    V(stay) =     attachment * attachment number + (1 - s) * v(base) + s * v(away)   some are away
                  + taste * taste number of away
                  + insured_stay                              insured; s = share_one, or share_all if no worker stays
    V(one, d) =   common(d) + (1 - share_one) * v(base) + share_one * v(d) + arrangement[., 0]
    V(all, d) =   common(d) + (1 - share_all) * v(base) + share_all * v(d) + arrangement[., 1]
    V(whole, d) = common(d) + v(d) + arrangement[., 2] + housing[d] - move_cost * persons / 3
                  + bring_children[d]                         child of 3-15, town where it is not registered
                  - school_place                              the same, lottery number at or above school[d]
                  + county_school[c]                          child of 6-15, from a village or split, to the own town
    V(home) =     v(home) + taste * taste number of home + shift[k, home]
                  + home_value[c]                             village
                  + after_50                                  head of 50 or older
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.agents._compile import inlined
from sim.agents.members import (
    age_of,
    count_members,
    home_place,
    is_away,
    is_worker,
    leaving_values,
    skill,
    zone_class,
)
from sim.agents.rng import Purpose, fill_words, normal_like, stream, unit, word
from sim.agents.state import EMPTY, HEAD, INSURED, LAND, N_SLOTS, OWNER, PUBLIC_PLACE, Households
from sim.agents.world import (
    OUTSIDE,
    REST,
    RURAL,
    SPLIT_IN,
    SPLIT_OUT,
    TO_HOME,
    TO_JOIN,
    TO_OTHER,
    TO_OUTSIDE,
    TO_OWN,
    TOWN_MIGRANT,
    TOWN_NATIVE,
    URBAN,
    VILLAGE,
    WHOLE_OUT,
    Choice,
    Geography,
    World,
)
from sim.base.arrays import Floats

if TYPE_CHECKING:
    from sim.agents.choice import Scratch

_TASTE = int(Purpose.TASTE)
_LOTTERY = int(Purpose.LOTTERY)
_ATTACHMENT = int(Purpose.ATTACHMENT)
PLACE_ITEM = 1 << 16
"""First item beyond those of the sites: villages in the stream of tastes, staying and home in that of errors."""


@inlined
def place_taste(hh: Households, i: int, place: int, world: World) -> float:
    """Return the persistent taste for a place; towns and outside places have the taste of their site."""
    n = world.geo.n_counties
    if place >= 2 * n:
        item = place - n
    elif place & 1:
        item = place >> 1
    else:
        item = PLACE_ITEM + place
    return normal_like(word(stream(hh.key[i], 0, _TASTE, world.seed), item))


@inlined
def spell(hh: Households, i: int, world: World) -> int:
    """Return the number of the spell of a household: spells end every ``attachment_years``, at a time of its own."""
    phase = unit(word(stream(hh.key[i], 0, _ATTACHMENT, world.seed), 0))
    return int(world.month / (12.0 * world.choice.attachment_years) + phase)


@inlined
def attachment_number(hh: Households, i: int, world: World) -> float:
    """Return how attached a household is to where it lives, wherever that is: mean 0, variance 1, drawn by spell."""
    return normal_like(word(stream(hh.key[i], spell(hh, i, world), _ATTACHMENT, world.seed), 1))


@inlined
def place_value(hh: Households, i: int, place: int, world: World) -> float:
    """Return the value of earning at a place: income, services and portability by registration."""
    choice = world.choice
    value = choice.value[skill(hh, i), place]
    if np.int64(hh.hukou[i]) != place and zone_class(place, world.geo.n_counties) != 0:
        value += choice.penalty[place]
        if hh.social[i] & LAND:
            value += choice.portability[place]
    return value


@inlined
def school_age_children(hh: Households, i: int, first: int, last: int) -> int:
    """Return how many members are aged first to last."""
    n = 0
    for s in range(N_SLOTS):
        m = hh.members[i, s]
        if m != EMPTY and first <= age_of(m) <= last:
            n += 1
    return n


@inlined
def lottery_number(hh: Households, i: int, county: int, world: World) -> float:
    """Return the household's frozen number in the draw for public school places of a town."""
    return unit(word(stream(hh.key[i], 0, _LOTTERY, world.seed), county))


@inlined
def origin_state(hh: Households, i: int, geo: Geography) -> int:
    """Return the state of a household when it reconsiders (see ORIGIN_STATES)."""
    n = geo.n_counties
    if hh.away[i] != 0:
        return SPLIT_OUT if np.int64(hh.away_place[i]) >= 2 * n else SPLIT_IN
    base = np.int64(hh.base[i])
    if base >= 2 * n:
        return WHOLE_OUT
    if base == home_place(hh, i, geo):
        return TOWN_NATIVE if base & 1 else VILLAGE
    return TOWN_MIGRANT


@inlined
def stay_value(hh: Households, i: int, state: int, world: World) -> float:
    """Return V of changing nothing, without attachment."""
    choice = world.choice
    base = np.int64(hh.base[i])
    if state in (SPLIT_IN, SPLIT_OUT):
        share = away_income_share(hh, i, choice)
        away = np.int64(hh.away_place[i])
        value = (1.0 - share) * place_value(hh, i, base, world) + share * place_value(hh, i, away, world)
        value += choice.taste * place_taste(hh, i, away, world)
        if hh.social[i] & INSURED:
            value += choice.insured_stay
        return value
    value = place_value(hh, i, base, world) + choice.taste * place_taste(hh, i, base, world)
    if state == VILLAGE:
        return value + choice.home_value[base >> 1]
    if hh.social[i] & INSURED:
        value += choice.insured_stay
    if hh.social[i] & OWNER:
        value += choice.owner_stay
    else:
        value += choice.housing[base]
        if base < 2 * world.geo.n_counties and base & 1:
            value += choice.rental[base >> 1]
    if hh.flags[i] & PUBLIC_PLACE:
        value += choice.school_stay
    return value


@inlined
def away_income_share(hh: Households, i: int, choice: Choice) -> float:
    """Return the share of income earned away in the present arrangement."""
    for s in range(N_SLOTS):
        if is_worker(hh.members[i, s]) and not is_away(hh.away[i], s):
            return choice.share_one
    return choice.share_all


@inlined
def transition(state: int, site: int, home_county: int, n_counties: int) -> int:
    """Return the kind of destination of a site (see TRANSITIONS)."""
    if site >= n_counties:
        return TO_OUTSIDE
    if site == home_county:
        return TO_OWN
    return TO_OTHER


@inlined
def _fill_common(
    hh: Households, i: int, state: int, leave: float, world: World, words: NDArray[np.uint32], utility: Floats
) -> None:
    """Fill column 1 with what all arrangements at a site share: taste, reach, network, kind of move."""
    geo = world.geo
    choice = world.choice
    n = geo.n_counties
    county = np.int64(hh.home_county[i])
    shares = choice.network[county, hh.home_block[i]]
    tastes = stream(hh.key[i], 0, _TASTE, world.seed)
    into_town = leave if state in (TOWN_MIGRANT, TOWN_NATIVE) else leave + choice.pull_in
    abroad = leave if zone_class(np.int64(hh.base[i]), n) == OUTSIDE else leave + choice.pull_out
    far = into_town + choice.shift[state, TO_OTHER] + shares[REST]
    outside = abroad + choice.shift[state, TO_OUTSIDE] + shares[REST]
    common = utility[1:, 1]
    fill_words(tastes, 0, words)
    reach = choice.site_reach[county]
    for d in range(len(common)):
        common[d] = choice.taste * normal_like(words[d])
    for d in range(len(common)):
        common[d] += reach[d] + (far if d < n else outside)
    for j in range(geo.n_near[county]):
        d = geo.near[county, j]
        common[d] += shares[geo.site_class[county, d]] - shares[REST]
    common[county] += choice.shift[state, TO_OWN] - choice.shift[state, TO_OTHER]


@inlined
def _fill_sites(
    hh: Households,
    i: int,
    persons: int,
    can_one: bool,
    can_all: bool,
    leaving: tuple[float, float, float],
    world: World,
    utility: Floats,
    kept: Floats,
) -> None:
    """Fill the arrangements from the common terms in column 1: value of earning there, housing, cost.

    All sites are filled as towns are, in vectors; then those outside from what was ``kept`` of them.
    """
    choice = world.choice
    n = world.geo.n_counties
    earned, housing = choice.site_value[1 if hh.social[i] & LAND else 0, skill(hh, i)], choice.site_housing
    cost = choice.move_cost * persons / 3.0
    at_base = place_value(hh, i, np.int64(hh.base[i]), world)
    one = (1.0 - choice.share_one) * at_base if can_one else -np.inf
    everybody = (1.0 - choice.share_all) * at_base if can_all else -np.inf
    alone, shared, together = utility[1:, 0], utility[1:, 1], utility[1:, 2]
    outside = range(n, n + world.geo.n_outside)
    for d in outside:
        kept[d] = shared[d]
    extra = choice.arrangement[0]
    for d in range(len(earned)):
        together[d] = shared[d] + earned[d] + (housing[d] + extra[2] - cost)
    for d in range(len(earned)):
        alone[d] = one + choice.share_one * earned[d] + shared[d] + extra[0]
    for d in range(len(earned)):
        shared[d] = everybody + choice.share_all * earned[d] + shared[d] + extra[1]
    extra = choice.arrangement[1]
    for d in outside:
        together[d] = kept[d] + earned[d] + (housing[d] + extra[2] - cost) + leaving[2]
        alone[d] = one + choice.share_one * earned[d] + kept[d] + extra[0] + leaving[0]
        shared[d] = everybody + choice.share_all * earned[d] + kept[d] + extra[1] + leaving[1]
    hukou = np.int64(hh.hukou[i])
    if zone_class(hukou, n) == URBAN:
        more = choice.value[skill(hh, i), hukou] - earned[hukou >> 1]
        utility[1 + (hukou >> 1), 0] += choice.share_one * more
        utility[1 + (hukou >> 1), 1] += choice.share_all * more
        utility[1 + (hukou >> 1), 2] += more


@inlined
def _add_schools(hh: Households, i: int, state: int, world: World, words: NDArray[np.uint32], utility: Floats) -> None:
    """Add to column 2 what towns offer families with children of school age.

    Where the family is not registered a place is won by the frozen lottery number, or
    the loss of having none is borne; villagers value the schools of their county seat.
    """
    choice = world.choice
    n = world.geo.n_counties
    county = np.int64(hh.home_county[i])
    hukou = np.int64(hh.hukou[i])
    registered = 1 + (hukou >> 1) if zone_class(hukou, n) == URBAN else 0
    kept = utility[registered, 2]
    fill_words(stream(hh.key[i], 0, _LOTTERY, world.seed), 0, words)
    together, bring, school = utility[1:, 2], choice.site_bring_children, choice.site_school
    for d in range(len(together)):
        number = unit(words[d])
        together[d] += bring[d] - (choice.school_place if number >= school[d] else 0.0)
    utility[registered, 2] = kept
    if state in (VILLAGE, SPLIT_IN, SPLIT_OUT) and school_age_children(hh, i, 6, 15) > 0:
        utility[1 + county, 2] += choice.county_school[county]


@inlined
def _add_joining(hh: Households, i: int, state: int, world: World, utility: Floats) -> None:
    """Exchange the kind of move of the whole household to where its away members live for joining them."""
    n = world.geo.n_counties
    away = np.int64(hh.away_place[i])
    site = away - n if away >= 2 * n else away >> 1
    kind = transition(state, site, np.int64(hh.home_county[i]), n)
    utility[1 + site, 2] += world.choice.shift[state, TO_JOIN] - world.choice.shift[state, kind]


@inlined
def _rule_out(hh: Households, i: int, home: int, all_away: bool, world: World, utility: Floats) -> None:
    """Set to -inf what is no change: the base as a site, the home town, the present arrangement."""
    n = world.geo.n_counties
    base = np.int64(hh.base[i])
    if zone_class(base, n) != RURAL:
        site = base - n if base >= 2 * n else base >> 1
        utility[1 + site, :2] = -np.inf
        if hh.away[i] == 0:
            utility[1 + site, 2] = -np.inf
    if home & 1:
        utility[1 + (home >> 1), 2] = -np.inf
    if hh.away[i] != 0:
        away = np.int64(hh.away_place[i])
        site = away - n if away >= 2 * n else away >> 1
        utility[1 + site, 1 if all_away else 0] = -np.inf


@inlined
def evaluate(hh: Households, i: int, world: World, scratch: Scratch) -> int:
    """Fill V of every alternative (layout above); alternatives that do not exist are -inf.

    Args:
        hh: household table.
        i: row.
        world: tables of the step.
        scratch: ``utility`` is filled, ``words`` and ``bound`` are overwritten.

    Returns:
        The state of the household (see ORIGIN_STATES).
    """
    choice = world.choice
    utility, words = scratch.utility, scratch.words
    n = world.geo.n_counties
    state = origin_state(hh, i, world.geo)
    county = np.int64(hh.home_county[i])
    base = np.int64(hh.base[i])
    home = home_place(hh, i, world.geo)
    persons, workers, workers_away = count_members(hh, i)
    village = state == VILLAGE or (state in (SPLIT_IN, SPLIT_OUT) and zone_class(base, n) == RURAL)
    in_province = zone_class(base, n) != OUTSIDE
    can_one = in_province and workers >= 1 and persons >= 2
    can_all = in_province and workers >= 2 and persons > workers
    utility[0, 0] = stay_value(hh, i, state, world) + choice.attachment * attachment_number(hh, i, world)
    utility[0, 1] = -np.inf
    utility[0, 2] = -np.inf
    _fill_common(hh, i, state, choice.out_move[county] if village else 0.0, world, words, utility)
    leaving = leaving_values(hh, i, world) if in_province else (0.0, 0.0, 0.0)
    _fill_sites(hh, i, persons, can_one, can_all, leaving, world, utility, scratch.bound)
    if school_age_children(hh, i, 3, 15) > 0:
        _add_schools(hh, i, state, world, words, utility)
    if hh.away[i] != 0:
        _add_joining(hh, i, state, world, utility)
    _rule_out(hh, i, home, workers_away == workers, world, utility)
    if hh.away[i] != 0 or base != home:
        utility[0, 1] = (
            place_value(hh, i, home, world)
            + (choice.home_value[county] if home & 1 == 0 else 0.0)
            + choice.taste * place_taste(hh, i, home, world)
            + choice.shift[state, TO_HOME]
            + (choice.after_50 if age_of(hh.members[i, HEAD]) >= 50 else 0.0)
        )
    return state
