// Sentences about an alarm, used by rows and details.
import { HOUR_S, age, clock, countdown, isToday, listOf, measure, moment, secondsSince, until } from "./formats.js";
import { parts, t } from "./texts.js";

/** Return the name: that of the rule, with the entity in front where the rule has several and does not name it. */
export const titleOf = (hass, { rule, rule_entity_id: ruleEntity, entity_id: entityId, name }) => {
  const isOnly = !entityId || hass.states[ruleEntity]?.attributes.total === 1;
  const isNamed = rule.toLowerCase().includes(name.toLowerCase());
  return isOnly || isNamed ? rule : t(hass, "alarm.title", { name, rule });
};

/** for 11 min, since 19:05, since 26 November, 05:10 */
const sinceText = (hass, at) => {
  const seconds = secondsSince(at);
  if (seconds < HOUR_S) return t(hass, "alarm.for", { age: age(hass, seconds) });
  return t(hass, isToday(hass, at) ? "alarm.since_time" : "alarm.since_day", { moment: moment(hass, at) });
};

export const liveValue = (hass, row) => {
  const state = hass.states[row.entity_id]?.state;
  const value = state === undefined || state.trim() === "" ? NaN : Number(state);
  return row.value_number === null || !Number.isFinite(value) ? null : value;
};

const isBeyond = (row, value) => (row.side === "above" ? value > row.limit : value < row.limit);

export const valueText = (hass, row, value) => {
  const state = hass.states[row.entity_id];
  if (state && liveValue(hass, row) === value && hass.formatEntityState) return hass.formatEntityState(state);
  return measure(hass, value, row.unit);
};

export const limitText = (hass, row, value = row.limit) => measure(hass, value, row.unit);

/** Return why the alarm is raised, as parts; the values are in bold. */
export const whyParts = (hass, row, bold) => {
  const since = row.raised_at && row.active ? sinceText(hass, row.condition_since ?? row.raised_at) : null;
  const value = liveValue(hass, row);
  if (row.active && value !== null && row.limit !== null && row.side && isBeyond(row, value)) {
    const values = { value: bold(valueText(hass, row, value)), limit: limitText(hass, row), since };
    return parts(hass, `alarm.why_${row.side}`, values);
  }
  const reason = reasonText(hass, row);
  return since && row.kind !== "no_data" ? parts(hass, "alarm.why", { reason: bold(reason), since }) : [reason];
};

const reasonText = (hass, row) => {
  const state = hass.states[row.entity_id];
  if (row.kind === "state" && row.active && state) return hass.formatEntityState(state);
  return row.reason || row.value;
};

export const stateText = (hass, row) => {
  switch (row.state) {
    case "acknowledged":
      return row.acknowledged?.who
        ? t(hass, "alarm.knows", { who: row.acknowledged.who })
        : t(hass, "alarm.state.acknowledged");
    case "snoozed":
      return t(hass, "alarm.snoozed_until", { until: until(hass, row.snoozed.until) });
    default:
      return t(hass, `alarm.state.${row.state}`);
  }
};

export const notifiedText = (hass, row) => {
  const said = [];
  const delivered = row.notified.filter(({ result }) => result !== "refused");
  const last = delivered.at(-1);
  if (last) {
    const groups = delivered.filter(({ at }) => Math.abs(new Date(at) - new Date(last.at)) < 60_000).map(({ group }) => group);
    const count = new Set(groups).size;
    said.push(t(hass, "alarm.notified", { count, who: listOf(hass, groups), time: moment(hass, last.at) }));
  } else if (row.notified.length) {
    said.push(t(hass, "alarm.refused", { who: listOf(hass, row.notified.map(({ group }) => group)) }));
  }
  const [waiting] = row.pending;
  if (waiting?.until && !last) said.push(t(hass, "alarm.held", { who: waiting.group, time: until(hass, waiting.until) }));
  const isHeld = (group) => !last && group === waiting?.group;
  const next = row.next.find(({ group }) => !isHeld(group));
  if (next && row.state === "unacknowledged") said.push(nextText(hass, next));
  if (row.tells_nobody) said.push(t(hass, "alarm.no_group"));
  return said.join(" · ");
};

export const nextText = (hass, next) => {
  const left = -secondsSince(next.at);
  const [soon, later] = next.kind === "repeated" ? ["alarm.again_in", "alarm.again_at"] : ["alarm.follows_in", "alarm.follows_at"];
  if (left < HOUR_S) return t(hass, soon, { who: next.group, left: countdown(left) });
  return t(hass, later, { who: next.group, time: until(hass, next.at) });
};

export const commentText = (hass, row) => {
  const { comment, at } = row.acknowledged ?? {};
  return comment ? `${t(hass, "alarm.quote", { comment })}${at ? ` · ${clock(hass, at)}` : ""}` : "";
};
