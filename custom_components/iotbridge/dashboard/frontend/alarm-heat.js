// Alarms of the last 30 days as figures, and by rule and day: how often, and how much of the day.
import { severityOf } from "./alarms.js";
import { SEVERITY_CLASSES, SEVERITY_ICONS, titleOf } from "./alarm-texts.js";
import { h, icon } from "./dom.js";
import { day, duration } from "./formats.js";
import { sheet } from "./styles.js";
import { t } from "./texts.js";

export const DAYS = 30;
const DAY_MS = 86_400_000;
const MAX_RULES = 12;
const SMALLEST_BAR = 16;

export const heatStyles = sheet(`
.kpi { display: grid; grid-template-columns: repeat(4, 1fr); border-bottom: 1px solid var(--divider-color) } .kpi div { padding: 12px 16px; border-left: 1px solid var(--divider-color); min-width: 0 } .kpi div:first-child { border: 0 }
.kpi b { display: block; font-size: 24px; font-weight: 500; line-height: 30px } .kpi span { font-size: 12px; color: var(--secondary-text-color); line-height: 16px; display: block; overflow-wrap: anywhere }
.heat { padding: 8px 16px 12px; display: grid; border-bottom: 1px solid var(--divider-color) } .rule { display: grid; grid-template-columns: minmax(120px, 220px) repeat(${DAYS}, 1fr) 76px; gap: 3px; align-items: center; --s: var(--note) }
.rule.crit { --s: var(--crit) } .rule.warn { --s: var(--warn) }
.rule > button { font-weight: 500; display: flex; gap: 8px; align-items: center; min-height: 44px; padding-right: 8px; min-width: 0; text-align: start; border-radius: 8px } .rule > button[aria-pressed=true] span { text-decoration: underline; text-underline-offset: 4px }
.rule > button ha-icon { --mdc-icon-size: 18px; color: color-mix(in srgb, var(--s) 70%, var(--ink)) } .rule > button span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
.rule > span { font-size: 11px; line-height: 22px; color: var(--secondary-text-color); text-align: center; white-space: nowrap } .rule > span:nth-last-child(2) { color: var(--primary-text-color); font-weight: 700 }
.rule > em { font-style: normal; font-size: 12px; text-align: end; color: var(--secondary-text-color); white-space: nowrap }
.rule > i { height: 30px; border-radius: 4px; background: color-mix(in srgb, var(--ink) 5%, transparent); display: grid; place-items: center; font: 500 12px/1 var(--ha-font-family-body); color: var(--primary-text-color); position: relative; overflow: hidden }
.rule > i.hit { background: color-mix(in srgb, var(--s) 26%, var(--card-background-color)) } .rule > i.hit::before { content: ""; position: absolute; inset: auto auto 0 0; width: var(--h); height: 4px; background: var(--s) }
.rule > i.open { background: repeating-linear-gradient(45deg, color-mix(in srgb, var(--s) 40%, transparent) 0 2px, transparent 2px 6px); box-shadow: inset 0 0 0 1.5px var(--s) }
.legend { font-size: 12px; color: var(--secondary-text-color); padding-top: 8px }
@container (max-width: 720px) { .rule { grid-template-columns: repeat(15, 1fr); padding-bottom: 8px } .rule > button { grid-column: span 11; order: -2 } .rule > em { grid-column: span 4; order: -1 } .rule.days { display: none } .rule > i { height: 24px }
  .kpi { grid-template-columns: 1fr 1fr } .kpi div { border-left: 0 } .kpi div:nth-child(even) { border-left: 1px solid var(--divider-color) } .kpi div:nth-child(n+3) { border-top: 1px solid var(--divider-color) } }
`);

const daysOf = () =>
  Array.from({ length: DAYS }, (_, index) => {
    const at = new Date();
    at.setHours(0, 0, 0, 0);
    at.setDate(at.getDate() - (DAYS - 1 - index));
    return at.getTime();
  });

const span = ({ raised_at: raised, cleared_at: cleared }) => [new Date(raised).getTime(), cleared ? new Date(cleared).getTime() : Date.now()];
const lengthOf = (episode) => (span(episode)[1] - span(episode)[0]) / 1000;

const median = (numbers) => {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)];
};

export const figures = (hass, episodes) => {
  const critical = episodes.filter((episode) => episode.severity === "critical");
  const waits = episodes.filter((episode) => episode.acknowledged_at).map((episode) => (new Date(episode.acknowledged_at) - new Date(episode.raised_at)) / 1000);
  const longest = episodes.toSorted((a, b) => lengthOf(b) - lengthOf(a))[0];
  const last = Math.max(0, ...critical.map((episode) => span(episode)[1]));
  const calm = last ? Math.floor((Date.now() - last) / DAY_MS) : DAYS;
  const all = [
    [episodes.length, t(hass, "history.count", { count: episodes.length, critical: critical.length })],
    [waits.length ? duration(hass, median(waits)) : "–", t(hass, "history.median")],
    [longest ? duration(hass, lengthOf(longest)) : "–", longest ? t(hass, "history.longest", { name: titleOf(hass, longest) }) : t(hass, "history.longest_none")],
    [t(hass, "format.days", { count: calm }), t(hass, "history.calm")],
  ];
  return h("div", { class: "kpi" }, all.map(([figure, text]) => h("div", null, h("b", { class: "num" }, `${figure}`), h("span", null, text))));
};

/** Return the table of rules and days; `choose(ruleId)` shows the alarms of a rule. */
export const heat = (hass, episodes, chosen, choose) => {
  const starts = daysOf();
  const rules = Object.values(Object.groupBy(episodes, (episode) => episode.rule_id))
    .map((list) => ({ list, worst: list.toSorted((a, b) => severityOf(b) - severityOf(a))[0] }))
    .toSorted((a, b) => severityOf(b.worst) - severityOf(a.worst) || b.list.length - a.list.length)
    .slice(0, MAX_RULES);
  const numbers = starts.map((at, index) => h("span", { "aria-hidden": "true" }, (DAYS - 1 - index) % 2 ? "" : `${new Date(at).getDate()}`));
  return h("div", { class: "heat" }, h("div", { class: "rule days" }, h("span"), numbers, h("em")),
    rules.map(({ list, worst }) => {
      const sum = list.reduce((total, episode) => total + lengthOf(episode), 0);
      return h("div", { class: `rule ${SEVERITY_CLASSES[worst.severity]}` },
        h("button", { type: "button", "aria-pressed": `${chosen === worst.rule_id}`, onclick: () => choose(worst.rule_id) }, icon(SEVERITY_ICONS[worst.severity]), h("span", null, worst.rule)),
        starts.map((start) => cell(hass, list, start)),
        h("em", { class: "num" }, `${list.length} · ${duration(hass, sum)}`));
    }),
    h("p", { class: "legend" }, t(hass, "history.legend")));
};

const cell = (hass, list, start) => {
  const end = start + DAY_MS;
  const inside = list.filter((episode) => span(episode)[0] < end && span(episode)[1] >= start);
  if (!inside.length) return h("i", { "aria-hidden": "true" });
  const share = inside.reduce((sum, episode) => sum + Math.min(end, span(episode)[1]) - Math.max(start, span(episode)[0]), 0) / DAY_MS;
  const count = inside.filter((episode) => span(episode)[0] >= start).length;
  const isOpen = end > Date.now() && inside.some((episode) => !episode.cleared_at);
  return h("i", { class: `hit ${isOpen ? "open" : ""}`, role: "img", style: `--h:${Math.max(SMALLEST_BAR, Math.min(100, share * 100)).toFixed(0)}%`,
    "aria-label": t(hass, "history.cell", { day: day(hass, start), count }) }, count ? `${count}` : "");
};
