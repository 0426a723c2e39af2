// Alarms of the last 30 days: figures, rules by day, and a line for each alarm.
import { openAlarm } from "./alarms.js";
import { DAYS, figures, heat, heatStyles } from "./alarm-heat.js";
import { SEVERITY_CLASSES, titleOf } from "./alarm-texts.js";
import { h, renderOnce } from "./dom.js";
import { clock, day, duration, isToday } from "./formats.js";
import { sheet } from "./styles.js";
import { t } from "./texts.js";

const DAY_MS = 86_400_000;
const LIMIT = 1000;
const MAX_LINES = 50;
const PAUSE_MS = 30_000;

export const historyStyles = [
  heatStyles,
  sheet(`
.history { padding: 12px 16px 4px } .history h3 { font-size: 14px; font-weight: 500; margin: 4px 0 8px }
.time li { position: relative; padding: 0 0 12px 28px; line-height: 20px; display: flex; gap: 8px } .time li > span:last-child { margin-left: auto; color: var(--secondary-text-color); font-size: 12px; white-space: nowrap }
.time li::before { content: ""; position: absolute; left: 5px; top: 5px; width: 10px; height: 10px; border-radius: 50%; background: var(--d, var(--secondary-text-color)); z-index: 1 }
.time li::after { content: ""; position: absolute; left: 9px; top: 15px; bottom: -5px; border-left: 2px solid var(--divider-color) } .time li:last-child::after { display: none }
.time li.next { color: var(--secondary-text-color) } .time li.next::before { background: var(--card-background-color); box-shadow: inset 0 0 0 2px var(--secondary-text-color) } .time li.next::after { border-left-style: dashed }
.time .crit { --d: var(--crit) } .time .warn { --d: var(--warn) } .time .info { --d: var(--note) } .time .good { --d: var(--success-color) } .time b, .time button { font-weight: 500 }
.time button { text-align: start; text-decoration: underline; text-decoration-color: var(--divider-color); text-underline-offset: 3px }
`),
];

/** Return `{element, update(hass, target, state)}`; fetched again when the open alarms change. */
export const createHistory = (changed) => {
  const element = h("li");
  let episodes = null;
  let fetched = null;
  let isFailed = false;
  let askedAt = 0;
  let ruleId = null;
  let isLong = false;

  const fetchEpisodes = async (hass, target) => {
    const start = new Date(Date.now() - DAYS * DAY_MS).toISOString();
    try {
      ({ episodes } = await hass.callWS({ type: "iotbridge/alarms/episodes", target, start, limit: LIMIT }));
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
      renderOnce(element, [episodes, isFailed, ruleId, isLong, minute, hass.locale], () => {
        if (!episodes) return isFailed ? h("p", { class: "history dim" }, t(hass, "list.failed_history")) : [];
        if (!episodes.length) return h("p", { class: "history dim" }, t(hass, "list.empty_history"));
        const chosen = episodes.filter((episode) => !ruleId || episode.rule_id === ruleId);
        const shown = isLong ? chosen : chosen.slice(0, MAX_LINES);
        const rest = chosen.length - shown.length;
        return [figures(hass, episodes), heat(hass, episodes, ruleId, choose),
          h("div", { class: "history" }, byDay(hass, shown).map(([name, group]) => [h("h3", null, name), h("ul", { class: "time" }, group.map((episode) => line(hass, element, episode)))])),
          rest ? h("div", { class: "foot" }, h("button", { class: "btn", type: "button", onclick: showAll }, t(hass, "list.more", { count: rest }))) : null];
      });
    },
  };
};

const byDay = (hass, episodes) =>
  Object.entries(Object.groupBy(episodes, ({ raised_at: at }) => (isToday(hass, at) ? t(hass, "format.today") : day(hass, at))));

const line = (hass, element, episode) => {
  const name = episode.rule_entity_id
    ? h("button", { type: "button", onclick: () => openAlarm(element, episode) }, titleOf(hass, episode))
    : h("b", null, titleOf(hass, episode));
  return h("li", { class: SEVERITY_CLASSES[episode.severity] },
    h("span", null, name, `: ${said(hass, episode)}`),
    h("span", { class: "num" }, clock(hass, episode.raised_at)));
};

const said = (hass, { reason, value, raised_at: raised, cleared_at: cleared, acknowledged_at: at, acknowledged_by: who, comment }) => {
  const words = [reason || value];
  words.push(cleared ? t(hass, "history.lasted", { duration: duration(hass, (new Date(cleared) - new Date(raised)) / 1000) }) : t(hass, "history.open"));
  if (who) words.push(t(hass, "history.acknowledged", { who, after: duration(hass, (new Date(at) - new Date(raised)) / 1000) }));
  return `${words.filter(Boolean).join(", ")}${comment ? ` ${t(hass, "alarm.quote", { comment })}` : ""}`;
};
