// The last 24 hours of hosts, one bar an hour, from one question to the history for all rows.

const HOUR_MS = 3_600_000;
const HOURS = 24;
/** Of an hour with several states the first of these counts, else the longest. */
const URGENT = ["lost", "rebooting", "shutting_down"];
const NOT_KNOWN = new Set(["unknown", "unavailable"]);
const UNKNOWN = new Array(HOURS).fill(null);

/** Return the states of each entity in the last 24 hours, oldest first: `[[time in ms, state], …]`. */
export const loadBeats = async (hass, entityIds) => {
  if (!entityIds.length || !hass.config.components.includes("history")) return {};
  const answer = await hass.callWS({
    type: "history/history_during_period",
    start_time: new Date(Date.now() - HOURS * HOUR_MS).toISOString(),
    entity_ids: entityIds,
    minimal_response: true,
    no_attributes: true,
    significant_changes_only: false,
  });
  return Object.fromEntries(Object.entries(answer).map(([id, states]) => [id, states.map(({ s, lc, lu }) => [(lc ?? lu) * 1000, s])]));
};

/** Return the state of each of the last 24 hours, oldest first; null where nothing is known. */
export const hours = (changes, now = Date.now()) =>
  UNKNOWN.map((_, hour) => stateOf(changes, now - (HOURS - hour) * HOUR_MS, now - (HOURS - hour - 1) * HOUR_MS));

const stateOf = (changes, begin, end) => {
  const lengths = new Map();
  changes.forEach(([at, state], index) => {
    const length = Math.min(changes[index + 1]?.[0] ?? Infinity, end) - Math.max(at, begin);
    if (length > 0 && !NOT_KNOWN.has(state)) lengths.set(state, (lengths.get(state) ?? 0) + length);
  });
  const longest = [...lengths].sort(([, a], [, b]) => b - a)[0]?.[0] ?? null;
  return URGENT.find((state) => lengths.has(state)) ?? longest;
};

/** Return the hours of a host, with what has changed since its history was loaded; computed once a minute. */
export const beatOf = (beats, row) => {
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
