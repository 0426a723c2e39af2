// Alarms of the last 30 days: figures, rules by day, and a line for each alarm.
import { titleOf } from "./alarm-texts.js";
import { SEVERITY_CLASSES, SEVERITY_ICONS, openEpisode, severityOf } from "./alarms.js";
import { button, h, icon, note, renderOnce, sheet } from "./dom.js";
import { DAY_MS, clock, day, duration, isToday, number } from "./formats.js";
import { t } from "./texts.js";

const DAYS = 30;
const MAX_RULES = 12;
const SMALLEST_BAR = 16;
const LIMIT = 1000;
const MAX_LINES = 50;
const PAUSE_MS = 30_000;

export const historyStyles = sheet(`
.history { padding: 12px 16px 4px } .history h3 { font-size: 14px; font-weight: 500; margin: 4px 0 8px }
.time li { position: relative; padding: 0 0 12px 28px; line-height: 20px; display: flex; gap: 8px } .time li > span:last-child { margin-left: auto; color: var(--secondary-text-color); font-size: 12px; white-space: nowrap }
.time li::before { content: ""; position: absolute; left: 5px; top: 5px; width: 10px; height: 10px; border-radius: 50%; background: var(--d, var(--secondary-text-color)); z-index: 1 }
.time li::after { content: ""; position: absolute; left: 9px; top: 15px; bottom: -5px; border-left: 2px solid var(--divider-color) } .time li:last-child::after { display: none }
.time li.next { color: var(--secondary-text-color) } .time li.next::before { background: var(--card-background-color); box-shadow: inset 0 0 0 2px var(--secondary-text-color) } .time li.next::after { border-left-style: dashed }
.time .crit { --d: var(--crit) } .time .warn { --d: var(--warn) } .time .info { --d: var(--note) } .time .good { --d: var(--success-color) } .time b, .time button { font-weight: 500 }
.time button { text-align: start; text-decoration: underline; text-decoration-color: var(--divider-color); text-underline-offset: 3px }
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

const figures = (hass, episodes) => {
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
  return h("div.kpi", all.map(([figure, text]) => h("div", h("b.num", `${figure}`), h("span", text))));
};

/** Return the table of rules and days; `choose(ruleId)` shows the alarms of a rule. */
const heat = (hass, episodes, chosen, choose) => {
  const starts = daysOf();
  const rules = Object.values(Object.groupBy(episodes, (episode) => episode.rule_id))
    .map((list) => ({ list, worst: list.toSorted((a, b) => severityOf(b) - severityOf(a))[0] }))
    .toSorted((a, b) => severityOf(b.worst) - severityOf(a.worst) || b.list.length - a.list.length)
    .slice(0, MAX_RULES);
  const numbers = starts.map((at, index) => h("span", { "aria-hidden": "true" }, (DAYS - 1 - index) % 2 ? "" : `${new Date(at).getDate()}`));
  return h("div.heat", h("div.rule.days", h("span"), numbers, h("em")),
    rules.map(({ list, worst }) => {
      const sum = list.reduce((total, episode) => total + lengthOf(episode), 0);
      return h("div", { class: `rule ${SEVERITY_CLASSES[worst.severity]}` },
        h("button", { "aria-pressed": `${chosen === worst.rule_id}`, onclick: () => choose(worst.rule_id) }, icon(SEVERITY_ICONS[worst.severity]), h("span", worst.rule)),
        starts.map((start) => cell(hass, list, start)),
        h("em.num", `${list.length} · ${duration(hass, sum)}`));
    }),
    h("p.legend", t(hass, "history.legend")));
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

/** Return `{element, update(hass, target, state)}`; fetched again when the open alarms change. */
export const createHistory = (changed) => {
  const element = h("li");
  let answer = null;
  let fetched = null;
  let isFailed = false;
  let askedAt = 0;
  let ruleId = null;
  let isLong = false;

  const fetchEpisodes = async (hass, target) => {
    const start = new Date(Date.now() - DAYS * DAY_MS).toISOString();
    try {
      answer = await hass.callWS({ type: "iotbridge/alarms/episodes", target, start, limit: LIMIT });
      isFailed = false;
    } catch {
      isFailed = true;
      fetched = null;
    }
    askedAt = Date.now();
    changed();
  };
  const choose = (id) => {
    ruleId = ruleId === id ? null : id;
    changed();
  };
  const showAll = () => {
    isLong = true;
    changed();
  };

  const lines = (hass, episodes) => {
    const chosen = episodes.filter((episode) => !ruleId || episode.rule_id === ruleId);
    const shown = isLong ? chosen : chosen.slice(0, MAX_LINES);
    const count = chosen.length - shown.length;
    const days = Object.groupBy(shown, ({ raised_at: at }) => (isToday(hass, at) ? t(hass, "format.today") : day(hass, at)));
    const line = (episode) => {
      const open = episode.id && episode.rule_entity_id ? () => openEpisode(element, episode) : null;
      return episodeLine(hass, episode, titleOf(hass, episode), clock(hass, episode.raised_at), open);
    };
    return [
      h("div.history", Object.entries(days).map(([name, group]) => [h("h3", name), h("ul.time", group.map(line))])),
      count ? h("div.foot", button("", showAll, t(hass, "list.more", { count }))) : null,
    ];
  };

  return {
    element,
    update(hass, target, state) {
      const key = JSON.stringify([target, [...state.rows.values()].map((row) => [row.id, row.episode, row.state])]);
      if (key !== fetched && state.phase === "live" && Date.now() - askedAt > PAUSE_MS) {
        fetched = key;
        askedAt = Infinity;
        fetchEpisodes(hass, target);
      }
      const minute = Math.floor(Date.now() / 60_000);
      renderOnce(element, [answer, isFailed, ruleId, isLong, minute, hass.locale], () => {
        const { episodes, is_complete: isComplete } = answer ?? {};
        const empty = (key) => h("p.history.dim", t(hass, key));
        if (!episodes) return isFailed ? empty("list.failed_history") : [];
        if (!episodes.length) return empty("list.empty_history");
        const partial = () => note("alert", t(hass, "history.partial", { count: number(hass, episodes.length) }));
        return [
          isComplete ? null : partial(),
          figures(hass, episodes), heat(hass, episodes, ruleId, choose), ...lines(hass, episodes),
        ];
      });
    },
  };
};

export const episodeLine = (hass, episode, title, time, open) =>
  h("li", { class: SEVERITY_CLASSES[episode.severity] },
    h("span", open ? h("button", { onclick: open }, title) : h("b", title), `: ${storyOf(hass, episode)}`),
    h("span.num", time));

export const lengthText = (hass, episode) =>
  episode.cleared_at ? t(hass, "history.lasted", { duration: duration(hass, lengthOf(episode)) }) : t(hass, "history.open");

/** Return why an alarm was raised; a bare state in the words of Home Assistant. */
export const causeText = (hass, { entity_id: id, reason, value }) => {
  const text = reason || value;
  const state = hass.states[id];
  return state && /^[a-z_]+$/.test(text) ? hass.formatEntityState(state, text) : text;
};

const storyOf = (hass, episode) => {
  const { raised_at: raised, acknowledged_at: at, acknowledged_by: who, comment } = episode;
  const words = [causeText(hass, episode), lengthText(hass, episode)];
  if (who) words.push(t(hass, "history.acknowledged", { who, after: duration(hass, (new Date(at) - new Date(raised)) / 1000) }));
  return `${words.filter(Boolean).join(", ")}${comment ? ` ${t(hass, "alarm.quote", { comment })}` : ""}`;
};
