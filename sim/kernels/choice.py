"""Where to live: one nested-logit argmax over stay, home and every arrangement at every site.

U_j = V_j + eta_nest(j) + lambda * eps_j, with eps_j Gumbel frozen by (household, step,
alternative) and eta the conjugate nest draw, plus a taste for the site that is keyed
without the step. Raising V_j can only move households to j.
"""

from __future__ import annotations

import numpy as np

from sim._compile import inlined, rule
from sim.kernels.members import (
    age_of,
    home_place,
    is_away,
    is_worker,
    site_place,
    skill,
    zone_class,
)
from sim.kernels.world import (
    HOME,
    N_NESTS,
    ONE_AWAY,
    OTHER_OUTSIDE,
    OUTSIDE,
    SPLIT_IN,
    SPLIT_OUT,
    STAY,
    TO_HOME,
    TO_JOIN,
    TO_OTHER,
    TO_OUTSIDE,
    TO_OWN,
    TOWN_MIGRANT,
    TOWN_NATIVE,
    VILLAGE,
    WHOLE_OUT,
)
from sim.rng import Purpose, gumbel, high, low, mix, normal_like, philox, stable_log, stream, unit
from sim.state import EMPTY, HEAD, INSURED, LAND, N_SLOTS, OWNER, PUBLIC_PLACE

_MOVE = int(Purpose.MOVE)
_NEST = int(Purpose.NEST)
_TASTE = int(Purpose.TASTE)
_LOTTERY = int(Purpose.LOTTERY)
_PLACE_ITEM = 1 << 16

_GUMBEL_TOP = -np.log(-np.log(np.append(np.arange(1, 256) / 256.0, 1.0 - 2.0**-33)))
"""Upper bound of the Gumbel quantile by the top byte of the random word."""


@inlined
def nest_of(site, county, geo):
    """Return the nest of a site for a household whose home county is ``county``."""
    return min(geo.site_class[county, site], OTHER_OUTSIDE)


@inlined
def taste_of(bits):
    """Return the standardised taste for a place from the bits of its item."""
    return normal_like(high(bits))


@rule
def place_taste(hh, i, place, world):
    """Return the persistent taste for a place; towns and outside places have the taste of their site."""
    n = world.geo.n_counties
    if place >= 2 * n:
        item = place - n
    elif place & 1:
        item = place >> 1
    else:
        item = _PLACE_ITEM + place
    return taste_of(mix(stream(hh.key[i], 0, _TASTE, world.seed), item))


@inlined
def place_value(hh, i, place, world):
    """Return the value of earning at a place: income, services and portability by registration."""
    choice = world.choice
    value = choice.value[skill(hh, i), place]
    if np.int64(hh.hukou[i]) != place and zone_class(place, world.geo.n_counties) != 0:
        value += choice.penalty[place]
        if hh.social[i] & LAND:
            value += choice.portability[place]
    return value


@rule
def school_age_children(hh, i, first, last):
    """Return how many members are aged first to last."""
    n = 0
    for s in range(N_SLOTS):
        m = hh.members[i, s]
        if m != EMPTY and first <= age_of(m) <= last:
            n += 1
    return n


@inlined
def lottery_number(hh, i, county, world):
    """Return the household's frozen number in the draw for public school places of a town."""
    return unit(high(mix(stream(hh.key[i], 0, _LOTTERY, world.seed), county)))


@rule
def origin_state(hh, i, geo):
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


@rule
def stay_value(hh, i, state, world):
    """Return V of changing nothing."""
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


@rule
def away_income_share(hh, i, choice):
    """Return the share of income earned away in the present arrangement."""
    for s in range(N_SLOTS):
        if is_worker(hh.members[i, s]) and not is_away(hh.away[i], s):
            return choice.share_one
    return choice.share_all


@inlined
def whole_terms(hh, i, site, state, children, pupils, persons, number, world):
    """Return what moving the whole household to a site adds: cost, schooling, housing.

    ``number`` is the household's lottery number for a public school place at the site.
    """
    choice = world.choice
    place = site_place(site, world.geo.n_counties)
    value = choice.housing[place] - choice.move_cost * persons / 3.0
    if site < world.geo.n_counties and children > 0:
        if np.int64(hh.hukou[i]) != place:
            value += choice.bring[site]
            if number >= choice.school[site]:
                value -= choice.school_place
        if pupils > 0 and site == np.int64(hh.home_county[i]) and state in (VILLAGE, SPLIT_IN, SPLIT_OUT):
            value += choice.county_school[site]
    return value


@inlined
def transition(state, site, home_county, n_counties):
    """Return the kind of destination of a site (see TRANSITIONS)."""
    if site >= n_counties:
        return TO_OUTSIDE
    if site == home_county:
        return TO_OWN
    return TO_OTHER


@rule
def evaluate(hh, i, world, utility):
    """Fill V of every alternative: utility[0, 0] stay, [0, 1] home, [1 + site, 0..2] one, all, whole.

    Alternatives that do not exist are -inf. Shape of ``utility``: (1 + n_sites, 3).

    Returns:
        The state of the household (see ORIGIN_STATES).
    """
    geo = world.geo
    choice = world.choice
    n = geo.n_counties
    state = origin_state(hh, i, geo)
    county = np.int64(hh.home_county[i])
    base = np.int64(hh.base[i])
    away = np.int64(hh.away_place[i]) if hh.away[i] != 0 else -1
    home = home_place(hh, i, geo)
    workers = 0
    persons = 0
    for s in range(N_SLOTS):
        if hh.members[i, s] != EMPTY:
            persons += 1
            if is_worker(hh.members[i, s]):
                workers += 1
    children = school_age_children(hh, i, 3, 15)
    pupils = school_age_children(hh, i, 6, 15)
    can_one = workers >= 1 and persons >= 2
    can_all = workers >= 2 and persons > workers
    utility[:, :] = -np.inf
    utility[0, 0] = stay_value(hh, i, state, world)
    if away >= 0 or base != home:
        utility[0, 1] = (
            place_value(hh, i, home, world)
            + (choice.home_value[county] if home & 1 == 0 else 0.0)
            + choice.taste * place_taste(hh, i, home, world)
            + choice.shift[state, TO_HOME]
        )
        if age_of(hh.members[i, HEAD]) >= 50:
            utility[0, 1] += choice.after_50
    value_base = place_value(hh, i, base, world)
    village = state == VILLAGE or (state in (SPLIT_IN, SPLIT_OUT) and zone_class(base, n) == 0)
    in_province = zone_class(base, n) != OUTSIDE
    all_away = _all_workers_away(hh, i)
    tastes = stream(hh.key[i], 0, _TASTE, world.seed)
    lottery = stream(hh.key[i], 0, _LOTTERY, world.seed)
    shares = choice.network[county, hh.home_block[i]]
    leave = choice.out_move[county] if village else 0.0
    into_town = leave if state in (TOWN_MIGRANT, TOWN_NATIVE) else leave + choice.pull_in
    abroad = leave + choice.pull_out if in_province else leave
    for site in range(n + geo.n_outside):
        place = site_place(site, n)
        if place == base and away < 0:
            continue
        kind = transition(state, site, county, n)
        outside = 1 if site >= n else 0
        common = (
            choice.reach[county, site]
            + shares[geo.site_class[county, site]]
            + choice.taste * taste_of(mix(tastes, site))
            + (abroad if outside == 1 else into_town)
        )
        value_site = place_value(hh, i, place, world)
        if place != home:
            number = unit(high(mix(lottery, site))) if children > 0 else 0.0
            join = TO_JOIN if place == away else kind
            utility[1 + site, 2] = (
                value_site
                + common
                + choice.shift[state, join]
                + choice.arrangement[outside, 2]
                + whole_terms(hh, i, site, state, children, pupils, persons, number, world)
            )
        if place == base or not in_province:
            continue
        same = place == away
        if can_one and not (same and not all_away):
            utility[1 + site, 0] = (
                (1.0 - choice.share_one) * value_base
                + choice.share_one * value_site
                + common
                + choice.shift[state, kind]
                + choice.arrangement[outside, 0]
            )
        if can_all and not (same and all_away):
            utility[1 + site, 1] = (
                (1.0 - choice.share_all) * value_base
                + choice.share_all * value_site
                + common
                + choice.shift[state, kind]
                + choice.arrangement[outside, 1]
            )
    return state


@rule
def _all_workers_away(hh, i):
    for s in range(N_SLOTS):
        if is_worker(hh.members[i, s]) and not is_away(hh.away[i], s):
            return False
    return True


@rule
def nest_draws(hh, i, world, eta):
    """Fill the conjugate nest draws of a household and step: lambda * log S, shape (N_NESTS,)."""
    for k in range(N_NESTS):
        w = philox(hh.key[i], world.step, _NEST, k, world.seed)
        eta[k] = world.choice.nest * stable_log(unit(w[0]), unit(w[1]), world.choice.nest)


@rule
def choose(hh, i, world, utility, eta):
    """Return (action, site) of the alternative with the highest utility.

    Args:
        hh: household table.
        i: row.
        world: tables of the step.
        utility: scratch of shape (1 + n_sites, 3), overwritten.
        eta: scratch of shape (N_NESTS,), overwritten.
    """
    geo = world.geo
    county = np.int64(hh.home_county[i])
    evaluate(hh, i, world, utility)
    nest_draws(hh, i, world, eta)
    errors = stream(hh.key[i], world.step, _MOVE, world.seed)
    both = mix(errors, _PLACE_ITEM)
    action = STAY
    site = -1
    best = utility[0, 0] + gumbel(unit(high(both)))
    if utility[0, 1] > -np.inf:
        at_home = utility[0, 1] + gumbel(unit(low(both)))
        if at_home > best:
            best = at_home
            action = HOME
    scale = world.choice.nest
    for d in range(geo.n_counties + geo.n_outside):
        nest = eta[nest_of(d, county, geo)]
        top = max(utility[1 + d, 0], utility[1 + d, 1], utility[1 + d, 2])
        if top + nest + scale * _GUMBEL_TOP[255] <= best:
            continue
        both = mix(errors, 2 * d)
        for a in range(3):
            v = utility[1 + d, a] + nest
            word = high(both) if a == 0 else (low(both) if a == 1 else high(mix(errors, 2 * d + 1)))
            if v + scale * _GUMBEL_TOP[word >> np.uint64(24)] <= best:
                continue
            v += scale * gumbel(unit(word))
            if v > best:
                best = v
                action = ONE_AWAY + a
                site = d
    return action, site
