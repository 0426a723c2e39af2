// Row of a host in the page: made once, then changed in place.
import { beatOf } from "./beat.js";
import { h, hiddenText, icon, setAttribute, setText } from "./dom.js";
import { age, duration, number, secondsSince } from "./formats.js";
import { METERS, STATES, hostIcon } from "./hosts.js";
import { t } from "./texts.js";

const setIcon = (element, name) => setAttribute(element, "icon", `mdi:${name}`);
const cell = (className, ...children) => h("td", { class: className, role: "cell" }, children);

/** Return the row of a host; `table` is the card. */
export const hostView = (table, { id }) => {
  const [kind, mark, name, note] = [icon("server"), icon("help"), h("b"), h("span")];
  const link = h("a", null, h("span", { class: "st" }, kind, h("em", null, mark)), h("div", null, name, note));
  const meters = Object.keys(METERS).map((meter) => [meter, meterView(table.hass, meter)]);
  const beat = beatView();
  const [up, seen] = [cell("up num"), cell("seen num dim")];
  const more = h("button", { class: "btn ico", "aria-haspopup": "menu", onclick: () => table.openActions(more, id) }, icon("dots-vertical"));
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
  const label = h("span", { class: "l", "aria-hidden": "true" }, t(hass, `fleet.${name}`));
  const element = cell("m", label, h("span", { class: "v" }, arrow, value, unit, over, unknown), h("span", { class: "track", "aria-hidden": "true" }, bar, tick));
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
  const element = h("div", { class: "beat", role: "img" }, bars);
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

/** Return the time since a host was heard; of one that is not on, since it has been so. */
const seenText = (hass, row) => {
  if (row.state === "on") return row.seen ? age(hass, Date.now() / 1000 - row.seen) : "–";
  return row.states[0] ? age(hass, secondsSince(row.states[0].last_changed)) : "–";
};
