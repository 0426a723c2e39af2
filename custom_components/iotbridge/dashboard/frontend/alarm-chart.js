// Chart of the value of an alarm with its limits; one question to the history, then live values are added.
import { limitText, liveValue, valueText } from "./alarm-texts.js";
import { h, renderOnce, sheet } from "./dom.js";
import { DAY_MS, HOUR_MS, clock, duration, moment, number, secondsSince } from "./formats.js";
import { fetchHistory } from "./stores.js";
import { t } from "./texts.js";

const SHORTEST_MS = 3 * HOUR_MS;
const LONGEST_MS = 7 * DAY_MS;
const HEIGHT = 168;
const TOP = 12;
const BOTTOM = 142;
const LEFT = 38;
const LABEL_GAP = 14;
const TICKS = 4;
const COLOURS = { critical: "var(--crit)", warning: "var(--warn)", info: "var(--note)" };

export const chartStyles = sheet(`
.graph { display: block; width: 100%; height: 168px; margin: 8px 0 4px; overflow: visible } .graph text { font-size: 11px; fill: var(--secondary-text-color) }
.graph .now { fill: var(--primary-text-color); font-weight: 700; font-size: 12px } .graph .limit { fill: var(--primary-text-color); font-weight: 500 }
`);

/** Return `{element, update(hass, row)}`; empty for an alarm without numbers. */
export const createChart = (changed) => {
  const element = h("div.chart");
  let points = null;
  let asked = null;
  let start = 0;

  const fetchPoints = async (hass, row, key) => {
    const fetched = await fetchHistory(hass, [row.entity_id], start).catch(() => ({})); // then the live value alone
    if (key !== asked) return; // another alarm is shown by now
    points = (fetched[row.entity_id] ?? []).map(([at, state]) => ({ at, value: toNumber(state) }));
    changed();
  };

  return {
    element,
    update(hass, row) {
      const value = liveValue(hass, row);
      if (value === null && row.value_number === null) {
        element.replaceChildren();
        return;
      }
      const key = `${row.entity_id} ${row.episode}`;
      if (asked !== key) {
        asked = key;
        points = null;
        const before = 1.3 * 1000 * secondsSince(row.condition_since ?? row.raised_at ?? Date.now());
        start = Date.now() - Math.min(LONGEST_MS, Math.max(SHORTEST_MS, before));
        fetchPoints(hass, row, key);
      }
      if (!points) {
        element.style.minHeight = `${HEIGHT + 12}px`;
        return;
      }
      append(points, hass.states[row.entity_id], value);
      const now = Math.floor(Date.now() / 30_000) * 30_000;
      const width = Math.max(280, element.clientWidth || 532);
      const data = [row.entity_id, row.limit, row.clear_limit, row.side, row.severity, points.length, value, now, width, hass.locale];
      renderOnce(element, data, () => draw(hass, row, points, value, start, width));
    },
  };
};

const toNumber = (text) => (text === "" || !Number.isFinite(Number(text)) ? null : Number(text));

const append = (points, state, value) => {
  const at = state ? new Date(state.last_changed).getTime() : 0;
  const last = points.at(-1);
  if (at && (!last || (at > last.at + 1 && last.value !== value))) points.push({ at, value });
};

const scaleOf = (values, unit) => {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const span = high - low || Math.abs(high) || 1;
  const rough = span / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= rough) * power;
  const isShare = unit === "%" && low >= 0 && high <= 100;
  const from = Math.max(isShare ? 0 : -Infinity, Math.floor((low - span * 0.05) / step) * step);
  const to = Math.min(isShare ? 100 : Infinity, Math.ceil((high + span * 0.05) / step) * step);
  const digits = Math.max(0, -Math.floor(Math.log10(step)));
  return { from, to, digits, ticks: Array.from({ length: Math.round((to - from) / step) + 1 }, (_, index) => from + index * step) };
};

/** Return lines of points; a value holds until the next one, and a missing value interrupts the line. */
const linesOf = (points, x, y, end) => {
  const lines = [[]];
  const hold = x.span / 8; // a change after a long time is a step, not a slope
  let previous = null;
  for (const { at, value } of [...points, { at: end, value: points.at(-1)?.value ?? null }]) {
    const line = lines.at(-1);
    if (value === null) {
      if (previous) line.push([x(at), y(previous.value)]);
      if (line.length) lines.push([]);
    } else {
      if (previous?.value !== undefined && at - previous.at > hold && previous.value !== null) line.push([x(at), y(previous.value)]);
      line.push([x(at), y(value)]);
    }
    previous = value === null ? null : { at, value };
  }
  return lines.filter((line) => line.length).map(thinned);
};

const thinned = (line) => {
  const columns = Object.values(Object.groupBy(line, ([x]) => `c${Math.round(x)}`));
  return columns.flatMap((column) => {
    if (column.length < 4) return column;
    const ys = column.map(([, y]) => y);
    return [column[0], [column[0][0], Math.min(...ys)], [column[0][0], Math.max(...ys)], column.at(-1)];
  });
};

const spread = (labels) => {
  labels.sort((a, b) => a.y - b.y);
  for (let index = 1; index < labels.length; index += 1) {
    labels[index].y = Math.max(labels[index].y, labels[index - 1].y + LABEL_GAP);
  }
  const excess = Math.max(0, (labels.at(-1)?.y ?? 0) - BOTTOM);
  for (const label of labels) label.y -= excess;
  return labels;
};

const draw = (hass, row, points, value, start, width) => {
  const now = Date.now();
  const right = width - 84;
  const limits = [row.limit, row.clear_limit].filter((limit) => limit !== null && limit !== undefined);
  const shown = points.filter(({ at }) => at >= start - LONGEST_MS);
  const values = [...shown.map((point) => point.value), value, ...limits].filter((number_) => number_ !== null);
  if (!values.length) return [];
  const scale = scaleOf(values, row.unit);
  const x = (at) => LEFT + (Math.max(0, at - start) / (now - start)) * (right - LEFT);
  x.span = now - start;
  const y = (number_) => TOP + ((scale.to - number_) / (scale.to - scale.from)) * (BOTTOM - TOP);
  const colour = COLOURS[row.severity];
  const pattern = `hatch-${row.id.replace(/\W/g, "")}`;
  const horizontal = (at, attributes) => h("line", { x1: LEFT, x2: right, y1: y(at), y2: y(at), ...attributes });
  const labels = [];
  if (row.limit !== null) labels.push({ y: y(row.limit) + 4, class: "limit", text: t(hass, "chart.limit", { value: number(hass, row.limit) }) });
  const hasClear = row.clear_limit !== null && row.clear_limit !== row.limit;
  if (hasClear) labels.push({ y: y(row.clear_limit) + 4, text: t(hass, "chart.clear", { value: number(hass, row.clear_limit) }) });
  if (value !== null) labels.push({ y: y(value) + 4, class: "now", text: t(hass, "chart.now", { value: number(hass, value) }) });
  const bad = row.limit === null || !row.side ? null : row.side === "above" ? [TOP, y(row.limit)] : [y(row.limit), BOTTOM];
  return h("svg.graph", { viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": describe(hass, row, shown, value, start) },
    h("defs", h("pattern", { id: pattern, width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      h("rect", { width: 2, height: 7, fill: colour, opacity: 0.38 }))),
    bad && bad[1] > bad[0] ? h("rect", { x: LEFT, y: bad[0], width: right - LEFT, height: bad[1] - bad[0], fill: `url(#${pattern})` }) : null,
    scale.ticks.map((tick) => [horizontal(tick, { stroke: "var(--divider-color)" }),
      h("text", { x: LEFT - 8, y: y(tick) + 4, "text-anchor": "end" }, number(hass, tick, scale.digits))]),
    row.limit !== null ? horizontal(row.limit, { stroke: colour, "stroke-width": 1.5 }) : null,
    hasClear ? horizontal(row.clear_limit, { stroke: "var(--secondary-text-color)", "stroke-dasharray": "2 4" }) : null,
    linesOf(shown, x, y, now).map((line) =>
      h("polyline", { points: line.map(([px, py]) => `${px.toFixed(1)},${py.toFixed(1)}`).join(" "), fill: "none", stroke: "var(--primary-text-color)", "stroke-width": 2, "stroke-linejoin": "round" })),
    value !== null ? h("circle", { cx: right, cy: y(value), r: 5, fill: colour, stroke: "var(--surface)", "stroke-width": 2 }) : null,
    spread(labels).map((label) => h("text", { x: right + 10, y: label.y, class: label.class }, label.text)),
    Array.from({ length: TICKS }, (_, index) => {
      const at = start + ((now - start) * index) / (TICKS - 1);
      const text = now - start > 20 * HOUR_MS ? moment(hass, at) : clock(hass, at);
      return h("text", { x: x(at), y: 160, "text-anchor": index === 0 ? "start" : index === TICKS - 1 ? "end" : "middle" }, text);
    }));
};

const describe = (hass, row, points, value, start) => {
  const first = points.find((point) => point.value !== null)?.value ?? value;
  const values = { name: row.name, first: valueText(hass, row, first), last: valueText(hass, row, value ?? row.value_number), duration: duration(hass, secondsSince(start)) };
  return row.limit === null ? t(hass, "chart.label", values) : t(hass, "chart.label_limit", { ...values, limit: limitText(hass, row) });
};
