// Row of a host in the page: made once, then changed in place.
import { dotsButton, h, hiddenText, icon, setAttribute, setText, sheet } from "./dom.js";
import { HOUR_MS, age, duration, number, secondsSince } from "./formats.js";
import { METERS, STATES, hostIcon, isKnownState } from "./hosts.js";
import { cell } from "./table.js";
import { t } from "./texts.js";

const HOURS = 24;
/** Of an hour with several states the first of these counts, else the longest. */
const URGENT = ["lost", "rebooting", "shutting_down"];
const UNKNOWN = new Array(HOURS).fill(null);

export const fleetStyles = sheet(`
.host { display: flex; align-items: center; gap: 12px; min-width: 0; text-decoration: none; min-height: 44px }
.host.lost { --c: var(--crit) } .host.rebooting, .host.shutting_down, .host.starting { --c: var(--note) }
.host div { min-width: 0 } .host b, .host div span { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap } .host b { font-weight: 500 }
.host div span { font-size: 12px; color: var(--secondary-text-color) } .host.lost div span, .host.told div span { color: var(--primary-text-color); font-weight: 500 }
.m.warn { --c: var(--warn) } .m.crit { --c: var(--crit) }
.m .v { display: flex; align-items: center; gap: 3px; font-variant-numeric: tabular-nums; line-height: 18px } .m .v b { font-weight: inherit } .m .v small { color: var(--secondary-text-color) }
.m .v ha-icon { --mdc-icon-size: 14px; color: color-mix(in srgb, var(--c) 70%, var(--ink)) }
.m.warn .v, .m.crit .v { font-weight: 700 }
.m .track { display: block; position: relative; height: 6px; border-radius: 3px; margin-top: 5px; background: color-mix(in srgb, var(--c) 20%, transparent) }
.m .track i { position: absolute; inset: 0 auto 0 0; border-radius: 3px; background: var(--c); min-width: 3px }
.m .track u { position: absolute; top: -2px; width: 2px; height: 10px; margin-left: -1px; background: color-mix(in srgb, var(--ink) 55%, transparent); box-shadow: 0 0 0 1px var(--surface) }
.m.none .v { color: var(--secondary-text-color) } .m.none .track { background: none; border-bottom: 1px dashed var(--divider-color); height: 3px; border-radius: 0 } .m.none .track * { display: none }
.m .l { display: none } .m.old .v { color: var(--secondary-text-color); font-weight: 400 } .m.old .track i { background: var(--off) } .m.old u { display: none }
.m.old .track { background: color-mix(in srgb, var(--off) 25%, transparent) }
.beat { display: flex; gap: 2px; height: 24px; align-items: end } .beat i { flex: 1; border-radius: 2px; height: 60%; background: var(--calm) }
.beat .lost { height: 100%; background: var(--crit) } .beat .off, .beat .suspended { height: 12%; background: color-mix(in srgb, var(--secondary-text-color) 70%, transparent) } .beat .suspended { height: 28% }
.beat .rebooting, .beat .shutting_down { background: repeating-linear-gradient(0deg, var(--note) 0 3px, transparent 3px 5px) }
.beat .none { background: none; height: 12%; border-bottom: 2px dotted var(--divider-color); border-radius: 0 }
th.meter { width: 104px } th.b24 { width: 176px } th.up { width: 112px } th.seen { width: 80px } th.menu { width: 52px }
@container (max-width: 1040px) { .b24 { display: none } } @container (max-width: 860px) { .up { display: none } }
@container (max-width: 720px) {
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) } table, tbody, tr.space { display: block }
  tr:not(.space) { display: grid; grid-template-columns: repeat(4, 1fr); gap: 0 14px; padding: 8px 12px 12px; border-top: 1px solid var(--divider-color); position: relative }
  td { height: auto; border: 0; padding: 0 } td:first-child { grid-column: 1 / -1; padding: 0 96px 0 0 } td.menu { position: absolute; right: 4px; top: 8px; padding: 0 }
  td.seen { position: absolute; right: 52px; top: 21px; font-size: 12px } .m { margin-top: 4px; min-width: 0 } .m .v { font-size: 13px } tr.quiet .m { display: none }
  .m .l { display: block; font-size: 11px; color: var(--secondary-text-color); line-height: 14px } table + .foot { border-top: 1px solid var(--divider-color) }
}
`);

const hours = (changes, now = Date.now()) =>
  UNKNOWN.map((_, hour) => stateOf(changes, now - (HOURS - hour) * HOUR_MS, now - (HOURS - hour - 1) * HOUR_MS));

const stateOf = (changes, begin, end) => {
  const lengths = new Map();
  changes.forEach(([at, state], index) => {
    const length = Math.min(changes[index + 1]?.[0] ?? Infinity, end) - Math.max(at, begin);
    if (length > 0 && isKnownState(state)) lengths.set(state, (lengths.get(state) ?? 0) + length);
  });
  const longest = [...lengths].sort(([, a], [, b]) => b - a)[0]?.[0] ?? null;
  return URGENT.find((state) => lengths.has(state)) ?? longest;
};

/** Return the hours of a host, with what changed after its history was loaded. */
const beatOf = (beats, row) => {
  const state = row.states[0];
  if (!state || !beats) return UNKNOWN;
  const minute = Math.floor(Date.now() / 60_000);
  const known = row.beat;
  if (known?.minute !== minute || known.state !== state || known.beats !== beats) {
    const changes = beats[state.entity_id] ?? [];
    const isNew = changes.at(-1)?.[1] !== state.state;
    const all = isNew ? [...changes, [Date.parse(state.last_changed), state.state]] : changes;
    row.beat = { minute, state, beats, hours: hours(all) };
  }
  return row.beat.hours;
};

const setIcon = (element, name) => setAttribute(element, "icon", `mdi:${name}`);

export const hostView = (table, { id }) => {
  const [kind, mark, name, note] = [icon("server"), icon("help"), h("b"), h("span")];
  const link = h("a", h("span.st", kind, h("em", mark)), h("div", name, note));
  const meters = Object.keys(METERS).map((meter) => [meter, meterView(table.hass, meter)]);
  const beat = beatView();
  const [up, seen] = [cell("up num"), cell("seen num dim")];
  const more = dotsButton("", () => table.openActions(more, id));
  const views = meters.map(([, view]) => view.element);
  const element = h("tr", { role: "row" }, cell(null, link), views, cell("b24", beat.element), up, seen, cell("menu", more));
  let [shown, ticked] = [null, null];

  const update = (row, index) => {
    const { hass } = table;
    setAttribute(element, "aria-rowindex", index + 2);
    const key = `${row.version} ${hass.language}`;
    const tick = [key, Math.floor(Date.now() / 1000), table.answerOf(id), table.isHidden(id)].join();
    if (ticked === tick) return;
    ticked = tick;
    setAttribute(element, "class", `${row.isQuiet ? "quiet" : ""} ${table.isHidden(id) ? "hidden-row" : ""}`);
    setAttribute(link, "class", `host ${row.state} ${table.answerOf(id) ? "told" : ""}`);
    setText(note, table.noteOf(row));
    setText(seen, seenText(hass, row));
    setText(up, upText(hass, row));
    beat.update(hass, beatOf(table.beats, row));
    if (shown === key) return;
    shown = key;
    setAttribute(link, "href", table.pathOf(id));
    setIcon(kind, hostIcon(hass, row.host));
    setIcon(mark, STATES[row.state].icon);
    setText(name, row.name);
    setAttribute(more, "aria-label", t(hass, "fleet.actions", { host: row.name }));
    for (const [meter, view] of meters) view.update(hass, row.values[meter], row.state !== "on");
  };
  return { element, update };
};

// A meter never shows 0 for what is not known, and says by icon and weight, not by colour alone, that it is over a limit.
const meterView = (hass, name) => {
  const [arrow, value, unit] = [icon("arrow-up"), h("b"), h("small")];
  const [over, unknown] = [hiddenText(t(hass, "fleet.over")), hiddenText(t(hass, "fleet.unknown"))];
  const [bar, tick] = [h("i"), h("u")];
  const label = h("span.l", { "aria-hidden": "true" }, t(hass, `fleet.${name}`));
  const element = cell("m", label, h("span.v", arrow, value, unit, over, unknown), h("span.track", { "aria-hidden": "true" }, bar, tick));
  const update = (now, reading, isOld) => {
    const level = isOld ? "old" : reading?.level;
    setAttribute(element, "class", `m ${reading ? level : "none"}`);
    arrow.hidden = over.hidden = !reading || (level !== "warn" && level !== "crit");
    unknown.hidden = Boolean(reading);
    setAttribute(value, "aria-hidden", reading ? null : "true");
    setText(value, reading ? number(now, reading.value, 0) : "–");
    setText(unit, reading?.unit ?? "");
    if (!reading) return;
    const share = (part) => `${Math.max(0, Math.min(100, (part / reading.scale) * 100))}%`;
    bar.style.width = share(reading.value);
    tick.style.left = share(reading.warning);
  };
  return { element, update };
};

/** Return the 24 hours; height and pattern tell the states apart, not only colour. */
const beatView = () => {
  const bars = Array.from({ length: 24 }, () => h("i"));
  const element = h("div.beat", { role: "img" }, bars);
  let shown = null;
  const update = (hass, states) => {
    const key = `${hass.language} ${states.join()}`;
    if (key === shown) return;
    shown = key;
    const lengths = {};
    states.forEach((state, hour) => {
      const name = state in STATES && state !== "unknown" ? state : "none";
      setAttribute(bars[hour], "class", name);
      lengths[name] = (lengths[name] ?? 0) + 1;
    });
    const texts = Object.entries(lengths).map(([name, count]) => `${t(hass, `fleet.state.${name}`)} ${count} h`);
    setAttribute(element, "aria-label", t(hass, "fleet.day", { states: texts.join(", ") }));
  };
  return { element, update };
};

const upText = (hass, row) => {
  const boot = row.state === "on" ? Date.parse(row.states[1]?.state) : NaN;
  return Number.isFinite(boot) ? duration(hass, secondsSince(boot)) : "–";
};

const seenText = (hass, row) => {
  if (row.state === "on") return row.seen ? age(hass, Date.now() / 1000 - row.seen) : "–";
  return row.states[0] ? age(hass, secondsSince(row.states[0].last_changed)) : "–";
};
