"use strict";
// The same calculation as sim/programs/whatif/ask.py and sim/statistics/emulator.py, in the browser.
const P = JSON.parse(document.getElementById("payload").textContent);
const N = P.numbers, SPACE = P.space, L = SPACE.levers.length, A = 5;
const $ = (id) => document.getElementById(id);

// ---------------------------------------------------------------- numbers
function bytes(text) {
  const raw = atob(text), out = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) out[i] = raw.charCodeAt(i);
  return out.buffer;
}
function unpack(array) {
  if (array.f32) return new Float32Array(bytes(array.f32));
  const small = new Int16Array(bytes(array.i16)), scale = new Float32Array(bytes(array.scale));
  const [first, middle, last] = array.shape, out = new Float32Array(small.length);
  for (let t = 0, at = 0; t < first; t++) for (let k = 0; k < middle; k++) for (let l = 0; l < last; l++, at++) out[at] = small[at] * scale[t * last + l];
  return out;
}
const [Q, T, K] = N.base.shape, QUANTITIES = N.quantities, BASE = unpack(N.base);
const EM = Object.fromEntries(Object.entries(N.emulators).map(([q, e]) => [q, Object.fromEntries(Object.entries(e).map(([k, v]) => [k, unpack(v)]))]));
const STARTS = SPACE.starts.length, PLACES = SPACE.places.length;
const OFFSETS = unpack(N.offsets.published), POINTS = N.offsets.published.shape[0];
const SCORES = unpack(N.scores), FEW = unpack(N.few_scores);
const PLACE_BASE = unpack(N.places), SPREAD = unpack(N.spread), M = SPACE.prefectures.length, TERMS = N.spread.shape[2];
const ENABLERS = N.enablers, E = ENABLERS.length, CROSSINGS = E + 2 * L + 2 * A;

function assumed(state) {
  const out = [];
  SPACE.assumptions.forEach((one) => {
    const v = state[one.name];
    if (one.low < 0) out.push(Math.max(v, 0) / one.high, Math.min(v, 0) / -one.low); else out.push(v / one.high);
  });
  return out;
}
/** Effects and errors of one quantity in some years: two Float64Array(T * K), 0 in the others. */
function effects(quantity, state, from = 0, to = T - 1) {
  const m = EM[quantity], a = assumed(state), effect = new Float64Array(T * K), error = new Float64Array(T * K), u = new Float64Array(L);
  const chosen = state.levels.some((v) => v) || a.some((v) => v) ? 1 : 0;
  for (let t = from; t <= to; t++) {
    const reach = ((t * STARTS + state.start) * PLACES + state.place) * L, c = t * CROSSINGS;
    let own = 0;
    for (let j = 0; j < A; j++) own += m.crossing[c + E + 2 * L + A + j] * a[j] * (Math.abs(a[j]) - 1);
    for (let k = 0; k < K; k++) {
      let total = 0, squares = 0, sum = own;
      for (let l = 0; l < L; l++) {
        u[l] = state.levels[l] * m.alone[(t * K + k) * L + l] * m.reach[reach + l];
        total += u[l]; squares += u[l] * u[l];
      }
      for (let i = 0; i < E; i++) sum += m.crossing[c + i] * state.levels[ENABLERS[i][0]] * u[ENABLERS[i][1]];
      for (let l = 0; l < L; l++) sum += m.crossing[c + E + l] * u[l] * (state.levels[l] - 1) + m.crossing[c + E + L + l] * u[l] * (total - u[l]);
      for (let j = 0; j < A; j++) sum += m.crossing[c + E + 2 * L + j] * total * a[j] + m.assumed[(t * K + k) * A + j] * a[j];
      effect[t * K + k] = sum + total;
      error[t * K + k] = Math.sqrt(chosen * m.error[2 * t] ** 2 + m.error[2 * t + 1] ** 2 * squares);
    }
  }
  return { effect, error };
}
function ndtr(x) { // Abramowitz and Stegun 7.1.26 for the error function, 1.5e-7 exact
  const z = Math.abs(x) / Math.SQRT2, t = 1 / (1 + 0.3275911 * z);
  const erf = 1 - ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t * Math.exp(-z * z);
  return x >= 0 ? (1 + erf) / 2 : (1 - erf) / 2;
}
function chance(path, error, t, level) {
  let sum = 0;
  for (let k = 0; k < K; k++) {
    const sd = Math.max(error ? error[t * K + k] : 0, 1e-6);
    for (let p = 0; p < POINTS; p++) sum += ndtr((path[t * K + k] + OFFSETS[p * T + t] - level) / sd);
  }
  return sum / (K * POINTS);
}
function quantiles(values, shares = N.quantiles) {
  values.sort();
  return shares.map((q) => { const at = q * (values.length - 1), i = Math.floor(at), rest = at - i; return values[i] + (rest ? rest * (values[i + 1] - values[i]) : 0); });
}
function bandOf(path, error) {
  return [...Array(T).keys()].map((t) => {
    const told = new Float64Array(K * POINTS);
    for (let k = 0, at = 0; k < K; k++) for (let p = 0; p < POINTS; p++, at++) told[at] = path[t * K + k] + OFFSETS[p * T + t] + (error ? error[t * K + k] * SCORES[(p + N.stride * k) % POINTS] : 0);
    return quantiles(told);
  });
}
function effectBand(e, t) {
  const told = new Float64Array(K * FEW.length);
  for (let k = 0, at = 0; k < K; k++) for (let p = 0; p < FEW.length; p++, at++) told[at] = e.effect[t * K + k] + e.error[t * K + k] * FEW[p];
  return quantiles(told);
}
function placeEffects(state, t) {
  const a = assumed(state), reach = EM[QUANTITIES[0]].reach, out = new Float64Array(M);
  for (let m = 0; m < M; m++) {
    const row = (t * M + m) * TERMS;
    for (let l = 0; l < L; l++) out[m] += SPREAD[row + state.place * L + l] * state.levels[l] * reach[((t * STARTS + state.start) * PLACES) * L + l];
    for (let j = 0; j < A; j++) out[m] += SPREAD[row + PLACES * L + j] * a[j];
  }
  return out;
}
const plain = () => ({ levels: new Array(L).fill(0), start: 0, place: 0, outside: 0, ageing: 0, no_reclassification: 0, wave: 0, goal: SPACE.goals[0], year: Math.min(SPACE.year, SPACE.years[T - 1]) });
const BASE_RATE = BASE.subarray(0, T * K), BASE_BAND = bandOf(BASE_RATE, null);

/** All that the page shows of a state. */
function answer(state) {
  const t = SPACE.years.indexOf(state.year), from = { resident_urban_rate: 0, fiscal_cost: 0 };
  const e = Object.fromEntries(QUANTITIES.map((q) => [q, effects(q, state, from[q] ?? t, q === "resident_urban_rate" ? T - 1 : t)]));
  const rate = e.resident_urban_rate, path = rate.effect.map((v, i) => v + BASE_RATE[i]);
  const alike = { ...state, levels: new Array(L).fill(0) }, quiet = assumed(state).every((v) => !v);
  const measures = (q) => { // what measures do under the assumptions of the view
    const without = quiet ? null : effects(q, alike, from[q] ?? t, t).effect;
    return { effect: without ? e[q].effect.map((v, i) => v - without[i]) : e[q].effect, error: e[q].error };
  };
  const [own, cost, people, registered] = ["resident_urban_rate", "fiscal_cost", "urban_residents", "registered_urban_rate"].map(measures);
  const total = new Float64Array(K), unsure = new Float64Array(K), gap = new Float64Array(K), gapUnsure = new Float64Array(K);
  for (let k = 0; k < K; k++) {
    for (let s = 0; s <= t; s++) { total[k] += cost.effect[s * K + k]; unsure[k] += cost.error[s * K + k]; }
    const i = t * K + k;
    gap[k] = own.effect[i] - registered.effect[i];
    gapUnsure[k] = Math.hypot(own.error[i], registered.error[i]);
  }
  const blurred = (values, errors, least = -Infinity) => { const told = new Float64Array(K * FEW.length); for (let k = 0, at = 0; k < K; k++) for (const z of FEW) told[at++] = Math.max(least, values[k] + errors[k] * z); return quantiles(told); };
  const each = new Float64Array(K * FEW.length);
  for (let k = 0, at = 0; k < K; k++) FEW.forEach((z, j) => { // errors of cost and of people are unrelated
    const more = people.effect[t * K + k] + people.error[t * K + k] * FEW[(j * 4 + 1) % FEW.length];
    each[at++] = more > 1e-6 ? (1e4 * Math.max(0, total[k] + unsure[k] * z)) / more : Infinity;
  });
  return {
    t, path, error: rate.error, chance: chance(path, rate.error, t, state.goal), before: chance(BASE_RATE, null, t, state.goal),
    effect: effectBand(own, t), whole: effectBand(rate, t), quiet, band: bandOf(path, rate.error), total: blurred(total, unsure, 0), gap: blurred(gap, gapUnsure),
    each: quantiles(each), added: effectBand(people, t), places: placeEffects(state, t),
  };
}

// ---------------------------------------------------------------- words
let language = P.language, state = plain(), real = null, dirty = false;
const word = (key, values = {}) => (P.words[language][key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
const named = (one) => one[language];
const minus = (text) => text.replace("-", "−");
const fixed = (v, d) => minus(Number(v.toFixed(d)).toLocaleString("en-US", { minimumFractionDigits: d, maximumFractionDigits: d }));
const signed = (v, d) => (Number(v.toFixed(d)) > 0 ? "+" : "") + fixed(Number(v.toFixed(d)) + 0, d);
const percent = (v) => (v < 0.005 ? word("below", { v: "1%" }) : v > 0.995 ? word("above", { v: "99%" }) : `${Math.round(100 * v)}%`);
const range = (low, high) => word("range", { low, high });
const money = (hundredMillion) => (language === "zh" ? word("money", { v: fixed(hundredMillion, 0) }) : word("money", { v: fixed(hundredMillion / 10, 1) }));
const price = (yuan) => (!isFinite(yuan) ? "∞" : language === "zh" ? word("price", { v: fixed(yuan / 1e4, yuan < 1e5 ? 1 : 0) }) : word("price", { v: fixed(yuan / 1e3, 0) }));

// ---------------------------------------------------------------- controls
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) if (key.startsWith("on")) made.addEventListener(key.slice(2), value); else if (value === true) made.setAttribute(key, ""); else if (value !== false && value != null) made.setAttribute(key, value);
  made.append(...children.filter((c) => c != null));
  return made;
}
function slider(id, label, value, low, high, step, text, moved, kind = "", hint = null) {
  const output = element("output", { for: id }, text(value));
  const input = element("input", { type: "range", id, min: low, max: high, step, value, "aria-valuetext": text(value), oninput: () => {
    const v = Number(input.value); output.value = text(v); input.setAttribute("aria-valuetext", text(v)); moved(v); update();
  } });
  return element("div", { class: `slider ${kind}` }, element("label", { for: id }, label), output, input, hint ? element("small", {}, hint) : null);
}
function choice(id, label, options, chosen, moved) {
  const select = element("select", { id, onchange: () => { moved(select.selectedIndex); update(); } }, ...options.map((text, i) => element("option", { value: i, selected: i === chosen }, text)));
  return element("div", { class: "row" }, element("label", { for: id }, label), select);
}
const share = (v) => `${Math.round(100 * v)}%`;
const assumption = (one, v) => word(`assumption.${one.name}.value`, { v: one.name === "wave" ? fixed(v, 2) : one.name === "no_reclassification" ? word(v ? "yes" : "no") : one.name === "ageing" ? share(v) : signed(100 * v, 0) });
function groupBox(group, open) {
  const members = SPACE.levers.map((lever, l) => [lever, l]).filter(([lever]) => lever.group === group);
  const mean = members.reduce((sum, [, l]) => sum + state.levels[l], 0) / members.length;
  const all = slider(`group-${group}`, word(`group.${group}`), Number(mean.toFixed(2)), 0, 1, 0.05, share, (v) => {
    members.forEach(([lever, l]) => { state.levels[l] = v; const own = $(lever.id); own.value = v; own.previousElementSibling.value = share(v); });
  }, "group");
  const single = element("div", { class: "single" }, ...members.map(([lever, l]) => slider(lever.id, `${lever.id} ${named(lever)}`, state.levels[l], 0, 1, 0.05, share, (v) => {
    state.levels[l] = v;
    const now = members.reduce((sum, [, i]) => sum + state.levels[i], 0) / members.length, box = $(`group-${group}`);
    box.value = now; box.previousElementSibling.value = share(now);
  }, "", lever.acts ? null : word("not_evaluable"))));
  return element("div", {}, all, element("details", { open, "data-group": group }, element("summary", {}, word("single", { n: members.length })), single));
}
function box(title, ...children) { return element("fieldset", {}, element("legend", {}, title), ...children); }
function controls() {
  const open = new Set([...document.querySelectorAll("details[data-group][open]")].map((d) => d.dataset.group));
  const focused = document.activeElement && document.activeElement.id;
  const goal = element("input", { type: "number", id: "goal", min: 55, max: 80, step: 0.1, value: state.goal, oninput: () => { const v = Number(goal.value); if (v >= 55 && v <= 80) { state.goal = v; update(); } } });
  const preset = (p) => element("button", { type: "button", "data-preset": p.id, onclick: () => { state.levels = p.levels.slice(); state.start = 0; state.place = 0; controls(); update(); } }, named(p));
  const outside = SPACE.assumptions.map((one) => slider(one.name, word(`assumption.${one.name}`), state[one.name], one.low, one.high, one.step, (v) => assumption(one, v), (v) => { state[one.name] = v; }));
  $("controls").replaceChildren(
    box(word("box.goal"), element("div", { class: "row" }, element("label", { for: "goal" }, word("goal")), goal, "%"),
      choice("year", word("year"), SPACE.years.map((y) => word("year.end", { y })), SPACE.years.indexOf(state.year), (i) => { state.year = SPACE.years[i]; })),
    box(word("box.presets"), element("div", { class: "presets" }, ...P.presets.map(preset))),
    box(word("box.levers"), ...SPACE.groups.map((g) => groupBox(g, open.has(g)))),
    box(word("box.when"), choice("start", word("start"), SPACE.starts.map(String), state.start, (i) => { state.start = i; }),
      choice("place", word("place"), SPACE.places.map((p, i) => (i ? named(p) : word("everywhere"))), state.place, (i) => { state.place = i; })),
    box(word("box.outside"), ...outside),
  );
  if (focused && $(focused)) $(focused).focus();
}

// ---------------------------------------------------------------- drawings
const SVG = "http://www.w3.org/2000/svg";
function draw(svg, tag, attributes, text) {
  const made = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text != null) made.textContent = text;
  svg.append(made);
  return made;
}
function fan(a) {
  const svg = $("fan"), small = svg.clientWidth < 500, W = small ? 420 : 720, H = small ? 300 : 330, left = 46, right = 112, top = 14, bottom = 30;
  svg.setAttribute("viewBox", `0 0 ${W} ${H}`);
  svg.replaceChildren();
  const first = P.observed.length ? P.observed[0][0] : SPACE.years[0] - 1, last = SPACE.years[T - 1];
  const lows = [...a.band, ...BASE_BAND].flatMap((b) => [b[0], b[4]]).concat(P.observed.map((o) => o[1]), state.goal);
  const low = Math.floor(Math.min(...lows)), high = Math.ceil(Math.max(...lows)), step = high - low > 14 ? 4 : 2;
  const x = (year) => left + ((year - first) / (last - first)) * (W - left - right), y = (v) => H - bottom - ((v - low) / (high - low)) * (H - top - bottom);
  for (let v = Math.ceil(low / step) * step; v <= high; v += step) { draw(svg, "line", { x1: left, x2: W - right, y1: y(v), y2: y(v), stroke: "#e3e7eb" }); draw(svg, "text", { x: left - 8, y: y(v) + 4, "text-anchor": "end", class: "soft" }, `${v}%`); }
  for (let year = first; year <= last; year++) if ((year - first) % (small ? 5 : last - first > 9 ? 3 : 1) === 0 || year === last) draw(svg, "text", { x: x(year), y: H - 8, "text-anchor": "middle", class: "soft" }, year);
  const seen = P.observed.length ? P.observed[P.observed.length - 1] : null;
  const whole = (band, i) => (seen ? [[seen[0], seen[1]]] : []).concat(SPACE.years.map((year, t) => [year, band[t][i]]));
  const line = (points) => points.map(([year, v], i) => `${i ? "L" : "M"}${x(year).toFixed(1)} ${y(v).toFixed(1)}`).join("");
  const area = (band, i, j) => line(whole(band, i)) + line(whole(band, j).reverse()).replace("M", "L") + "Z";
  draw(svg, "path", { d: area(BASE_BAND, 0, 4), fill: "#6b7280", opacity: 0.13 });
  draw(svg, "path", { d: area(a.band, 0, 4), fill: "#0b6fb0", opacity: 0.15 });
  draw(svg, "path", { d: area(a.band, 1, 3), fill: "#0b6fb0", opacity: 0.22 });
  draw(svg, "line", { x1: left, x2: W - right, y1: y(state.goal), y2: y(state.goal), stroke: "#a33b00", "stroke-dasharray": "5 4", "stroke-width": 1.3 });
  draw(svg, "line", { x1: x(state.year), x2: x(state.year), y1: top, y2: H - bottom, stroke: "#57606a", "stroke-dasharray": "2 3" });
  draw(svg, "path", { d: line(whole(BASE_BAND, 2)), fill: "none", stroke: "#6b7280", "stroke-width": 2.2 });
  draw(svg, "path", { d: line(whole(a.band, 2)), fill: "none", stroke: "#0b6fb0", "stroke-width": 2.6 });
  P.observed.forEach(([year, v]) => draw(svg, "circle", { cx: x(year), cy: y(v), r: 3.2, fill: "#1f2328" }));
  if (real) real.years.forEach((year, i) => { draw(svg, "line", { x1: x(year), x2: x(year), y1: y(real.p05[i]), y2: y(real.p95[i]), stroke: "#7a1fa2", "stroke-width": 1.2 }); draw(svg, "circle", { cx: x(year), cy: y(real.median[i]), r: 3.6, fill: "#fff", stroke: "#7a1fa2", "stroke-width": 1.8 }); });
  let mine = y(a.band[T - 1][2]) + 4, other = y(BASE_BAND[T - 1][2]) + 4, goal = y(state.goal) + 4;
  if (Math.abs(mine - other) < 15) { const middle = (mine + other) / 2, up = mine <= other ? -1 : 1; mine = middle + 8 * up; other = middle - 8 * up; }
  if (Math.abs(goal - mine) < 15 || Math.abs(goal - other) < 15) goal = Math.max(mine, other) + 16;
  draw(svg, "text", { x: W - right + 8, y: mine, style: "fill:#0b6fb0;font-weight:600" }, word("label.choice"));
  draw(svg, "text", { x: W - right + 8, y: other, style: "fill:#4b5563" }, word("label.base"));
  draw(svg, "text", { x: W - right + 8, y: goal, style: "fill:#a33b00" }, word("label.goal", { v: fixed(state.goal, 1) }));
  $("legend").replaceChildren(...[["#0b6fb0", "legend.choice"], ["#6b7280", "legend.base"], ["#1f2328", "legend.seen"], ...(real ? [["#7a1fa2", "legend.real"]] : [])].map(([c, key]) => element("span", { style: `--c:${c}` }, word(key))));
  rows("fan-table", [word("column.year"), word("column.base"), "5%", "95%", word("column.choice"), "5%", "95%"], SPACE.years.map((year, t) => [year, ...[BASE_BAND[t], a.band[t]].flatMap((b) => [b[2], b[0], b[4]]).map((v) => fixed(v, 2))]));
}
function rows(id, head, body) {
  $(id).replaceChildren(element("table", {}, element("thead", {}, element("tr", {}, ...head.map((h) => element("th", { scope: "col" }, String(h))))), element("tbody", {}, ...body.map((r) => element("tr", {}, ...r.map((c, i) => element(i ? "td" : "th", i ? {} : { scope: "row" }, String(c))))))));
}
function tint(v, most) {
  const s = most > 0 ? Math.min(1, Math.abs(v) / most) : 0, end = v >= 0 ? [8, 81, 156] : [166, 84, 10];
  return `rgb(${[244, 246, 248].map((c, i) => Math.round(c + (end[i] - c) * s)).join(",")})`;
}
function map(a) {
  const most = Math.max(0.1, ...a.places.map(Math.abs)), t = a.t;
  $("map-title").textContent = word("map.title", { year: state.year });
  rows("map-table", [word("column.place"), word("column.effect"), word("column.level")], SPACE.prefectures.map((p, m) => [named(p), signed(a.places[m], 2), fixed(PLACE_BASE[t * M + m] + a.places[m], 1)]));
  const svg = $("map");
  svg.toggleAttribute("hidden", !P.map);
  $("map-details").open = $("map-details").open || !P.map;
  if (!P.map) return;
  svg.replaceChildren();
  svg.setAttribute("viewBox", `0 0 ${P.map.width} ${P.map.height + 26}`);
  SPACE.prefectures.forEach((p, m) => {
    const shape = draw(svg, "path", { d: P.map.paths[p.id], fill: tint(a.places[m], most), stroke: "#fff", "stroke-width": 1.2 });
    draw(shape, "title", {}, `${named(p)} ${signed(a.places[m], 2)}`);
  });
  for (let i = 0; i <= 40; i++) draw(svg, "rect", { x: 120 + i * 4, y: P.map.height + 6, width: 4.2, height: 9, fill: tint(-most + (i / 40) * 2 * most, most) });
  [[-most, 120, "end", -6], [most, 284, "start", 6]].forEach(([v, at, anchor, shift]) => draw(svg, "text", { x: at + shift, y: P.map.height + 15, "text-anchor": anchor, class: "soft" }, signed(v, 1)));
}

// ---------------------------------------------------------------- the page
function card(label, value, more) { return element("div", { class: "card" }, element("dt", {}, label), element("dd", {}, element("div", { class: "value" }, value), element("div", { class: "more" }, more))); }
function cards(a) {
  const still = state.levels.every((v) => v === 0), few = a.total[2] < 0.5 || a.added[4] <= 0, none = a.added[0] <= 0;
  $("cards").replaceChildren(
    card(word("card.chance", { goal: fixed(state.goal, 1), year: state.year }), percent(a.chance), word("card.chance.more", { v: percent(a.before) })),
    card(word("card.effect", { year: state.year }), signed(a.effect[2], 2), range(signed(a.effect[0], 2), signed(a.effect[4], 2)) + (a.quiet ? "" : word("card.effect.whole", { v: signed(a.whole[2], 2) }))),
    card(word("card.cost", { first: SPACE.years[0], year: state.year }), still ? "0" : money(a.total[2]), still ? word("card.cost.none") : range(money(a.total[0]), money(a.total[4]))),
    card(word("card.price"), still || few ? "–" : none ? word("card.price.from", { low: price(a.each[0]) }) : price(a.each[2]), still ? word("card.price.none") : few ? word("card.price.few") : none ? word("card.price.open") : range(price(a.each[0]), price(a.each[4]))),
    card(word("card.gap", { year: state.year }), signed(a.gap[2], 2), range(signed(a.gap[0], 2), signed(a.gap[4], 2))),
  );
  const key = percent(a.chance) === percent(a.before) ? "sentence.same" : a.chance > a.before ? "sentence.up" : "sentence.down";
  $("chosen").textContent = chosen();
  $("sentence").textContent = word(key, { place: named(P.region), goal: fixed(state.goal, 1), year: state.year, p: percent(a.chance), q: percent(a.before) });
}
/** What is chosen, in a line: it is printed with the answer. */
function chosen() {
  const parts = SPACE.levers.map((lever, l) => [lever.id, state.levels[l]]).filter(([, v]) => v > 0).map(([id, v]) => `${id} ${share(v)}`);
  if (parts.length && state.start) parts.push(word("chosen.start", { y: SPACE.starts[state.start] }));
  if (parts.length && state.place) parts.push(named(SPACE.places[state.place]));
  SPACE.assumptions.forEach((one) => { if (state[one.name]) parts.push(`${word(`assumption.${one.name}`)} ${assumption(one, state[one.name])}`); });
  return parts.length ? word("chosen", { what: parts.join(language === "zh" ? "，" : ", ") }) : word("chosen.none");
}
function yaml() {
  const where = SPACE.places[state.place].id, start = state.start ? SPACE.starts[state.start] : null;
  const lines = ["name: what_if", "name_en: What if", "name_zh: 假设情景", "description: Written by the what-if page.", "description_zh: 由假设情景页面生成。"];
  const used = SPACE.levers.map((lever, l) => [lever.id, state.levels[l]]).filter(([, v]) => v > 0);
  if (used.length) lines.push("levers:");
  used.forEach(([id, v]) => {
    const parts = [`intensity: ${Number(v.toFixed(4))}`, ...(start ? [`start: ${start}`] : []), ...(where ? [`where: {groups: [${where}]}`] : [])];
    lines.push(parts.length === 1 ? `  ${id}: ${Number(v.toFixed(4))}` : `  ${id}: {${parts.join(", ")}}`);
  });
  const outside = [];
  if (state.outside) outside.push(`outside_pull_shift: ${Number(state.outside.toFixed(4))}`);
  if (state.ageing) outside.push(`births: ${Number((1 - 0.2 * state.ageing).toFixed(4))}`, `deaths: ${Number((1 + 0.1 * state.ageing).toFixed(4))}`);
  if (state.no_reclassification) outside.push("reclassification: none");
  if (state.wave) outside.push(`reclassification_wave: {${SPACE.starts[0] + 1}: ${Number(state.wave.toFixed(4))}, ${SPACE.starts[0] + 2}: ${Number(state.wave.toFixed(4))}}`);
  if (outside.length) lines.push("exogenous:", ...outside.map((text) => `  ${text}`));
  return lines.join("\n") + "\n";
}
function command() {
  const keys = Object.entries(P.keys).map(([k, v]) => `${k}=${v}`).join(" ");
  return `python -m experiments.project study=what_if 'scenarios=[no_new_policy,what_if.yaml]' ${keys}`;
}
function address() {
  const parts = SPACE.levers.map((lever, l) => [lever.id, state.levels[l]]).filter(([, v]) => v > 0);
  if (state.start) parts.push(["start", SPACE.starts[state.start]]);
  if (state.place) parts.push(["place", SPACE.places[state.place].id]);
  SPACE.assumptions.forEach((one) => { if (state[one.name]) parts.push([one.name, state[one.name]]); });
  parts.push(["goal", state.goal], ["year", state.year], ["lang", language]);
  return "#" + parts.map(([k, v]) => `${k}=${typeof v === "number" ? Number(v.toFixed(4)) : v}`).join("&");
}
/** Take a state from the address; what lies outside the design is cut to it, and said. */
function fromAddress() {
  const cut = [], values = new URLSearchParams(location.hash.slice(1));
  state = plain();
  const inside = (name, v, low, high) => { if (!isFinite(v)) { cut.push(name); return low > 0 ? low : 0; } const kept = Math.min(high, Math.max(low, v)); if (kept !== v) cut.push(`${name}=${v}`); return kept; };
  for (const [key, text] of values) {
    const l = SPACE.levers.findIndex((lever) => lever.id === key), one = SPACE.assumptions.find((a) => a.name === key);
    if (l >= 0) state.levels[l] = inside(key, Number(text), 0, 1);
    else if (one) state[key] = inside(key, Number(text), one.low, one.high);
    else if (key === "start") { const i = SPACE.starts.indexOf(Number(text)); if (i < 0) cut.push(`${key}=${text}`); else state.start = i; }
    else if (key === "place") { const i = SPACE.places.findIndex((p) => p.id === text); if (i < 0) cut.push(`${key}=${text}`); else state.place = i; }
    else if (key === "year") { if (SPACE.years.includes(Number(text))) state.year = Number(text); else cut.push(`${key}=${text}`); }
    else if (key === "goal") state.goal = inside(key, Number(text), 55, 80);
    else if (key === "lang") { if (P.words[text]) language = text; else cut.push(`${key}=${text}`); }
    else cut.push(key);
  }
  $("cut").hidden = !cut.length;
  $("cut").textContent = cut.length ? word("outside", { what: cut.slice(0, 5).join(", ") }) : "";
}
function fixedWords() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  document.title = word("title", { place: named(P.region) });
  document.querySelectorAll("[data-t]").forEach((node) => { node.textContent = word(node.dataset.t, { place: named(P.region), price: SPACE.price_year, draws: P.draws, households: P.households.toLocaleString("en-US"), places: fixed(P.place_error, 2) }); });
  $("language").textContent = language === "zh" ? "English" : "中文";
  $("language").lang = language === "zh" ? "en" : "zh-CN";
  const row = P.errors.find((r) => r[0] === "resident_urban_rate" && r[1] === Math.min(SPACE.year, SPACE.years[T - 1]));
  const worst = P.errors.filter((r) => r[0] === "resident_urban_rate").reduce((x, y) => (y[4] < x[4] ? y : x));
  $("sure-text").textContent = word("sure.text", { points: P.points - P.aside, aside: P.aside, draws: P.draws, runs: row[5], year: row[1], rmse: fixed(row[2], 3), spread: fixed(row[3], 2), inside: Math.round(100 * row[4]), worst: worst[1], least: Math.round(100 * worst[4]) });
  rows("errors", ["quantity", "year", "rmse", "spread", "inside", "runs"].map((c) => word(`error.${c}`)), P.errors.filter((r) => [SPACE.years[0] + 1, SPACE.year, SPACE.years[T - 1]].includes(r[1])).map(([q, y, rmse, spread, inside, n]) => [word(`quantity.${q}`), y, fixed(rmse, 3), fixed(spread, 2), share(inside), n]));
  $("checks-text").hidden = !P.checks.length;
  if (P.checks.length) rows("checks", ["scenario", "year", "goal", "runs", "emulator", "runs.effect", "emulator.effect"].map((c) => word(`check.${c}`)), P.checks.map(([id, year, goal, p, q, e, f]) => [named(P.presets.find((x) => x.id === id)), year, `${fixed(goal, 1)}%`, share(p), share(q), signed(e, 2), signed(f, 2)]));
  $("limits").replaceChildren(...["model", "design", "discrepancy", "cost", "synthetic"].map((k) => element("li", {}, word(`limit.${k}`, { price: SPACE.price_year, households: P.households.toLocaleString("en-US"), draws: P.draws }))));
}
function update() {
  const began = performance.now();
  if (real && real.yaml !== yaml()) real = null;
  const a = answer(state);
  cards(a); fan(a); map(a);
  $("yaml").textContent = yaml(); $("command").textContent = command();
  history.replaceState(null, "", address());
  if (!real) $("real-table").replaceChildren();
  document.body.dataset.ms = (performance.now() - began).toFixed(1);
  window.whatif = { state, answer: a };
}
function everything() { fixedWords(); controls(); update(); }
async function copied(button, text) { try { await navigator.clipboard.writeText(text); button.textContent = word("copied"); } catch { button.textContent = word("not_copied"); } setTimeout(() => { button.textContent = word(button.dataset.t); }, 1600); }
$("language").addEventListener("click", () => { language = language === "zh" ? "en" : "zh"; everything(); });
$("share").addEventListener("click", () => copied($("share"), location.href));
$("reset").addEventListener("click", () => { state = plain(); $("cut").hidden = true; everything(); });
$("copy").addEventListener("click", () => copied($("copy"), yaml() + "\n# " + command() + "\n"));
$("controls").addEventListener("submit", (event) => event.preventDefault());
window.addEventListener("hashchange", () => { if (location.hash !== address()) { fromAddress(); everything(); } });

// ---------------------------------------------------------------- real runs, where the page is served
async function post(path, body) {
  const reply = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json", "X-What-If": "1" }, body: JSON.stringify(body) });
  const said = await reply.json();
  if (!reply.ok) throw new Error(said.error || reply.statusText);
  return said;
}
async function runReal() {
  const asked = yaml();
  $("run").disabled = true; $("stop").hidden = false; $("progress").hidden = false;
  try {
    let said = await post("/run", { yaml: asked });
    while (!said.done) {
      $("progress").value = said.share; $("real-status").textContent = word("real.progress", { n: said.finished, m: said.draws });
      await new Promise((go) => setTimeout(go, 700));
      said = await post("/progress", {});
      if (said.stopped) { $("real-status").textContent = word("real.stopped"); return; }
    }
    $("real-status").textContent = word("real.done", { m: said.finished });
    if (asked === yaml()) { real = { ...said.result, yaml: asked }; update(); compareReal(); }
  } catch (error) { $("real-status").textContent = word("real.failed", { why: error.message }); }
  finally { $("run").disabled = false; $("stop").hidden = true; $("progress").hidden = true; }
}
function compareReal() {
  const a = window.whatif.answer, t = a.t, i = real.years.indexOf(state.year), goal = real.chances[i];
  let level = 0; while (level < real.levels.length - 1 && real.levels[level] < state.goal - 1e-9) level++;
  rows("real-table", ["", word("real.column.emulator"), word("real.column.runs")], [
    [word("card.effect", { year: state.year }), `${signed(a.effect[2], 2)} (${signed(a.effect[0], 2)} ~ ${signed(a.effect[4], 2)})`, `${signed(real.effect[i][1], 2)} (${signed(real.effect[i][0], 2)} ~ ${signed(real.effect[i][2], 2)})`],
    [word("card.chance", { goal: fixed(real.levels[level], 1), year: state.year }), percent(chance(a.path, a.error, t, real.levels[level])), percent(goal[level])],
  ]);
}
$("run").addEventListener("click", runReal);
$("stop").addEventListener("click", () => post("/stop", {}));
if (["127.0.0.1", "localhost"].includes(location.hostname)) fetch("/here").then((r) => { if (r.ok) $("real").hidden = false; }).catch(() => {});

// Text that is laid out before the embedded glyphs are decoded may keep its boxes, so they are waited for.
document.fonts.load('16px "Page Sans SC"', "常").catch(() => {}).then(() => { fromAddress(); everything(); });
