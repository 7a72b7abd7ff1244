// What answers to the reader: tables that are sorted, copied and saved, and charts with exact numbers. Nothing is fetched.
"use strict";
(() => {
  const words = JSON.parse(document.getElementById("words").textContent);
  const MINUS = "\u2212";

  // ---- tables -------------------------------------------------------------------------------------------------------

  const text = (cell) => cell.innerText.replace(/\s+/g, " ").trim();
  const cells = (table) => [...table.rows].map((row) => [...row.cells].map(text));
  const number = (words) => {
    const found = words.replace(/[,\s]/g, "").replace(MINUS, "-").match(/[-+]?\d+(\.\d+)?/);
    return found ? Number(found[0]) : NaN;
  };

  function order(table, column, up) {
    const rows = [...table.tBodies[0].rows];
    const keys = rows.map((row) => text(row.cells[column]));
    const numbers = keys.map(number);
    const counted = numbers.filter((value) => !Number.isNaN(value)).length > keys.length / 2;
    const compared = (a, b) => {
      if (!counted) return keys[a].localeCompare(keys[b], document.documentElement.lang);
      if (Number.isNaN(numbers[a]) || Number.isNaN(numbers[b])) return Number.isNaN(numbers[a]) - Number.isNaN(numbers[b]);
      return (numbers[a] - numbers[b]) * (up ? 1 : -1);
    };
    const ranks = rows.map((_, k) => k).sort((a, b) => (counted ? compared(a, b) : compared(a, b) * (up ? 1 : -1)) || a - b);
    table.tBodies[0].append(...ranks.map((k) => rows[k]));
  }

  function sortable(table) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.className = "sort";
      button.type = "button";
      button.title = words.sort;
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const up = head.getAttribute("aria-sort") !== "ascending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        order(table, column, up);
      });
    });
  }

  async function copied(content) {
    try {
      await navigator.clipboard.writeText(content);
      return true;
    } catch {
      const field = document.createElement("textarea");
      field.value = content;
      document.body.append(field);
      field.select();
      const done = document.execCommand("copy");
      field.remove();
      return done;
    }
  }

  function save(name, content) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(["\ufeff" + content], { type: "text/csv;charset=utf-8" }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  const quoted = (cell) => (/[",\n]/.test(cell) ? `"${cell.replace(/"/g, '""')}"` : cell);

  function button(label, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = label;
    made.addEventListener("click", () => act(made));
    return made;
  }

  function tools(box, k) {
    const table = box.querySelector("table");
    sortable(table);
    const bar = document.createElement("div");
    bar.className = "tools";
    bar.append(
      button(words.copy, async (self) => {
        const done = await copied(cells(table).map((row) => row.join("\t")).join("\n"));
        self.textContent = done ? words.copied : words.failed;
        setTimeout(() => (self.textContent = words.copy), 1600);
      }),
      button(words.download, () => {
        const content = cells(table).map((row) => row.map((cell) => quoted(cell.replaceAll(MINUS, "-"))).join(",")).join("\r\n");
        save(`table-${k + 1}.csv`, content + "\r\n");
      }),
    );
    const link = box.querySelector(".csv");
    if (link) bar.append(link);
    box.prepend(bar);
  }

  // ---- charts -------------------------------------------------------------------------------------------------------

  const INK = "#1f2328", SOFT = "#5b6470", GRID = "#e4e7eb";
  const faded = (colour, alpha) => colour + Math.round(alpha * 255).toString(16).padStart(2, "0");
  const PHONE = 560, CROWD = 3; // width in px below which a chart is lower; bands above which they fade

  function shown(value, data) {
    if (value === null || value === undefined) return "\u2013";
    const told = value.toFixed(data.digits).replace("-", MINUS);
    return (data.signs && value > 0 ? "+" : "") + told + data.unit;
  }

  class Chart {
    constructor(figure) {
      this.data = JSON.parse(figure.querySelector("script").textContent);
      this.figure = figure;
      this.on = this.data.series.map((one) => one.shown);
      this.box = figure.querySelector(".chart");
      this.plot = figure.querySelector(".plot");
      this.readout = figure.querySelector(".readout");
      this.plot.before(this.toggles());
      this.box.hidden = false;
      this.at = this.start();
      this.draw();
      this.tell();
      this.plot.addEventListener("keydown", (event) => this.step(event));
      new ResizeObserver(() => this.fit()).observe(this.plot);
    }

    // Where nobody points: the year that the report speaks about.
    start() {
      const focus = this.data.x.indexOf(this.data.focus);
      return focus >= 0 ? focus : this.data.x.length - 1;
    }

    toggles() {
      const bar = Object.assign(document.createElement("div"), { className: "toggles" });
      bar.setAttribute("role", "group");
      this.buttons = this.data.series.map((one, k) => {
        const made = button(one.name, () => this.toggle(k));
        made.style.setProperty("--own", one.colour);
        made.setAttribute("aria-pressed", this.on[k]);
        bar.append(made);
        return made;
      });
      return bar;
    }

    toggle(k) {
      if (this.data.kind === "stack") this.on = this.on.map((_, j) => j === k);
      else this.on[k] = !this.on[k];
      this.buttons.forEach((one, j) => one.setAttribute("aria-pressed", this.on[j]));
      if (this.data.kind === "lines") this.u.batch(() => this.each((s, j) => this.u.setSeries(s, { show: this.on[j] })));
      else this.u.redraw(false);
      this.tell();
    }

    // Index in the plot of middle, low and high of every series.
    each(act) {
      this.data.series.forEach((one, k) => this.own[k].forEach((s) => act(s, k)));
    }

    step(event) {
      const move = { ArrowLeft: -1, ArrowRight: 1, Home: -this.data.x.length, End: this.data.x.length }[event.key];
      if (move === undefined) return;
      event.preventDefault();
      this.at = Math.min(Math.max(this.at + move, 0), this.data.x.length - 1);
      const left = this.u.valToPos(this.u.data[0][this.at], "x");
      this.u.setCursor({ left, top: this.u.over.clientHeight / 2 });
      this.tell();
    }

    size() {
      const width = Math.max(this.plot.clientWidth, 240);
      return { width, height: width < PHONE ? 280 : 380 };
    }

    fit() {
      const size = this.size();
      if (size.width !== this.u.width) this.u.setSize(size);
    }

    draw() {
      const { data } = this;
      const kinds = { lines: () => this.lines(), dots: () => this.dots(), stack: () => this.stack() };
      const { series, values, bands, hook, x } = kinds[data.kind]();
      const font = getComputedStyle(document.body).fontFamily;
      const axis = { size: 32, stroke: SOFT, grid: { stroke: GRID, width: 1 }, ticks: { show: false }, font: `12px ${font}` };
      this.u = new uPlot(
        {
          ...this.size(),
          legend: { show: false },
          cursor: { y: false, points: { show: data.kind === "lines" }, drag: { x: false, y: false } },
          scales: { x: { time: false, ...x.scale }, y: { range: (_, low, high) => this.range(low, high) } },
          axes: [
            { ...axis, ...x.axis },
            { ...axis, size: 58, values: (_, ticks) => ticks.map((v) => this.tick(v, ticks)) },
          ],
          series: [{}, ...series],
          bands,
          hooks: { draw: [hook], drawClear: [() => this.marks()], setCursor: [(u) => this.moved(u)] },
        },
        values,
        this.plot,
      );
    }

    tick(value, ticks) {
      const step = ticks.length > 1 ? Math.abs(ticks[1] - ticks[0]) : 1;
      const digits = [0, 1, 2].find((d) => Math.abs(step * 10 ** d - Math.round(step * 10 ** d)) < 1e-6) ?? 3;
      const told = value.toFixed(digits).replace("-", MINUS);
      return (this.data.signs && value > 0 ? "+" : "") + told + this.data.unit;
    }

    range(low, high) {
      if (this.data.kind === "dots") return [0, 100];
      const all = [low, high, ...(this.data.marks || []).map((mark) => mark.value)].filter(Number.isFinite);
      const [least, most] = [Math.min(...all), Math.max(...all)];
      const room = 0.06 * (most - least || 1);
      return this.data.signs ? [Math.min(least - room, 0), Math.max(most + room, 0)] : [least - room, most + room];
    }

    lines() {
      const series = [], values = [this.data.x], bands = [];
      this.own = this.data.series.map((one, k) => {
        const first = values.length;
        const base = { show: this.on[k], points: { show: false } };
        series.push({ ...base, stroke: one.colour, width: one.dashed ? 1.5 : 2.2, dash: one.dashed ? [5, 4] : [] });
        values.push(one.mid);
        if (!one.low) return [first];
        const edge = { ...base, stroke: "transparent", width: 0, cursor: { show: false } };
        series.push(edge, edge);
        values.push(one.low, one.high);
        bands.push({ series: [first + 2, first + 1], fill: () => faded(one.colour, this.on.filter(Boolean).length > CROWD ? 0.05 : 0.16) });
        return [first, first + 1, first + 2];
      });
      if (this.data.points) {
        series.push({ stroke: INK, width: 0, paths: () => null, points: { show: true, size: 6, fill: INK, stroke: INK } });
        values.push(this.data.points.mid);
      }
      const x = { scale: {}, axis: { values: (_, ticks) => ticks.map((v) => (Number.isInteger(v) ? String(v) : "")), incrs: [1, 2, 5, 10] } };
      return { series, values, bands, x, hook: () => {} };
    }

    // Groups along the axis, in each a dot with its interval for every scenario that is shown.
    dots() {
      const { data } = this;
      const index = data.x.map((_, k) => k);
      const hook = (u) => {
        const now = data.series.filter((_, k) => this.on[k]);
        const room = (0.7 * (u.valToPos(1, "x", true) - u.valToPos(0, "x", true))) / Math.max(now.length, 1);
        now.forEach((one, j) => index.forEach((k) => {
          if (one.mid[k] === null) return;
          const left = u.valToPos(k, "x", true) + (j - (now.length - 1) / 2) * room;
          this.whisker(u, left, one.low[k], one.high[k], one.colour);
          this.dot(u, left, one.mid[k], one.colour, 4.5);
        }));
      };
      const split = (_, ticks) => ticks.map((v) => this.label(data.x[v] || ""));
      const x = { scale: { range: [-0.5, index.length - 0.5] }, axis: { splits: () => index, values: split, grid: { show: false }, size: 46 } };
      return { ...this.hidden(index, [index.map(() => 0), index.map(() => 100)]), x, hook };
    }

    label(name) {
      const zh = document.documentElement.lang.startsWith("zh");
      return zh ? name.replace("年不低于", "年\n\u2265") : name.replace("at least ", "\u2265 ").replace(", ", "\n");
    }

    // Bars upwards and downwards, and the net change; one scenario at a time.
    stack() {
      const { data } = this;
      const sums = (sign) => data.x.map((_, k) => sign * Math.max(...data.series.map((one) => one.parts.reduce((sum, part) => sum + Math.max(sign * (part[k] ?? 0), 0), 0))));
      const hook = (u) => {
        const one = data.series[this.on.indexOf(true)];
        const width = 0.7 * (u.valToPos(data.x[1] ?? data.x[0] + 1, "x", true) - u.valToPos(data.x[0], "x", true));
        data.x.forEach((year, k) => {
          let [up, down] = [0, 0];
          const left = u.valToPos(year, "x", true) - width / 2;
          one.parts.forEach((part, term) => {
            const value = part[k] ?? 0;
            const from = value >= 0 ? up : down;
            const [top, bottom] = [from, from + value].map((v) => u.valToPos(v, "y", true)).sort((a, b) => a - b);
            u.ctx.fillStyle = data.terms[term].colour;
            u.ctx.fillRect(left, top, width, Math.max(bottom - top - 0.5, 0));
            if (value >= 0) up += value;
            else down += value;
          });
          if (one.mid[k] !== null) this.dot(u, left + width / 2, one.mid[k], INK, 3.5);
        });
      };
      const x = {
        scale: { range: [data.x[0] - 0.7, data.x.at(-1) + 0.7] },
        axis: { values: (_, ticks) => ticks.map((v) => (Number.isInteger(v) ? String(v) : "")), incrs: [1, 2, 5, 10], grid: { show: false } },
      };
      return { ...this.hidden(data.x, [sums(1), sums(-1)]), x, hook };
    }

    // Series that only say how high the axis must reach.
    hidden(x, rows) {
      this.own = this.data.series.map(() => []);
      const blank = { stroke: "transparent", width: 0, points: { show: false }, paths: () => null };
      return { series: rows.map(() => blank), values: [x, ...rows], bands: [] };
    }

    whisker(u, left, low, high, colour) {
      u.ctx.strokeStyle = faded(colour, 0.6);
      u.ctx.lineWidth = 2 * devicePixelRatio;
      u.ctx.beginPath();
      u.ctx.moveTo(left, u.valToPos(low, "y", true));
      u.ctx.lineTo(left, u.valToPos(high, "y", true));
      u.ctx.stroke();
    }

    dot(u, left, value, colour, size) {
      u.ctx.fillStyle = colour;
      u.ctx.strokeStyle = "#fff";
      u.ctx.lineWidth = devicePixelRatio;
      u.ctx.beginPath();
      u.ctx.arc(left, u.valToPos(value, "y", true), size * devicePixelRatio, 0, 2 * Math.PI);
      u.ctx.fill();
      u.ctx.stroke();
    }

    // Goal, zero and target years, below everything else.
    marks() {
      const { u, data } = this;
      if (!u) return;
      const { left, top, width, height } = u.bbox;
      if (data.span && data.span.length) {
        const [from, to] = [data.span[0] - 0.12, data.span[1] + 0.12].map((year) => u.valToPos(year, "x", true));
        u.ctx.fillStyle = "#f2ead3";
        u.ctx.fillRect(from, top, to - from, height);
      }
      const levels = [...(data.marks || []), ...(data.signs ? [{ value: 0, name: "" }] : [])];
      levels.forEach((mark, k) => {
        const y = u.valToPos(mark.value, "y", true);
        u.ctx.fillStyle = SOFT;
        u.ctx.fillRect(left, y, width, 1);
        u.ctx.font = `${11 * devicePixelRatio}px ${getComputedStyle(document.body).fontFamily}`;
        u.ctx.textAlign = "left";
        u.ctx.textBaseline = k % 2 ? "top" : "bottom";
        u.ctx.fillText(mark.name, left + 4 * devicePixelRatio, y + (k % 2 ? 3 : -1));
      });
    }

    moved(u) {
      const at = u.cursor.idx;
      if (at === null || at === undefined || at === this.at) return;
      this.at = at;
      this.tell();
    }

    // The numbers where the reader points, as text.
    tell() {
      const { data, at } = this;
      const rows = [];
      const row = (colour, name, value, band) => rows.push({ colour, name, value, band });
      if (data.points && data.points.mid[at] !== null) row(INK, data.points.name, shown(data.points.mid[at], data), "");
      data.series.forEach((one, k) => {
        if (!this.on[k]) return;
        if (data.kind === "stack") one.parts.forEach((part, term) => row(data.terms[term].colour, data.terms[term].name, shown(part[at], data), ""));
        const told = one.low && one.low[at] !== null && one.low[at] !== one.high[at];
        const band = told ? `${shown(one.low[at], data)} \u2026 ${shown(one.high[at], data)}` : "";
        if (one.mid[at] !== null) row(data.kind === "stack" ? INK : one.colour, data.kind === "stack" ? data.net : one.name, shown(one.mid[at], data), band);
      });
      const table = document.createElement("table");
      const caption = table.createCaption();
      caption.textContent = `${data.x[at]} \u00b7 ${data.axis}`;
      rows.forEach((one) => {
        const line = table.insertRow();
        const head = document.createElement("th");
        head.scope = "row";
        head.style.setProperty("--own", one.colour);
        head.textContent = one.name;
        line.append(head);
        line.insertCell().textContent = one.value;
        line.insertCell().textContent = one.band;
      });
      this.readout.replaceChildren(table);
    }
  }

  document.querySelectorAll(".table").forEach(tools);
  document.querySelectorAll("figure.live").forEach((figure) => {
    try {
      new Chart(figure);
      figure.classList.add("drawn");
    } catch (error) {
      console.error(error); // the still figure stays
      figure.querySelector(".chart").hidden = true;
    }
  });
})();
