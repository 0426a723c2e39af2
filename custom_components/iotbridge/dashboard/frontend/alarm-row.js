// One alarm as a row, with its buttons and the alarms that it explains; and short rows of two lines.
import {
  commentText, notifiedText, stateText, titleOf, whyParts,
} from "./alarm-texts.js";
import { QUIET_ICONS, SEVERITY_CLASSES, SEVERITY_ICONS, isWaiting } from "./alarms.js";
import { button, dotsButton, h, hiddenText, icon, keepFocus, renderOnce, setAttribute, setText, sheet } from "./dom.js";
import { age, clock, listOf, secondsSince, until } from "./formats.js";
import { t } from "./texts.js";

export const rowStyles = sheet(`
.alarm { display: grid; grid-template-columns: 40px minmax(0, 1fr) auto; gap: 0 12px; padding: 12px 8px 12px 12px; border-top: 1px solid var(--divider-color); --s: var(--note) }
.alarm:first-child { border-top: 0 } .alarm.crit { --s: var(--crit) } .alarm.warn { --s: var(--warn) }
.alarm.crit.new { background: color-mix(in srgb, var(--crit) 9%, transparent) }
.alarm .sev { width: 40px; height: 40px; border-radius: 50%; display: grid; place-items: center; color: color-mix(in srgb, var(--s) 70%, var(--ink)); background: color-mix(in srgb, var(--s) 20%, transparent) }
.alarm:not(.new) .sev { background: none; box-shadow: inset 0 0 0 1.5px color-mix(in srgb, var(--s) 55%, transparent) }
.alarm > .body { position: relative; min-width: 0; overflow-wrap: anywhere } .alarm .name::after { content: ""; position: absolute; inset: -4px 0 }
.alarm .name { padding: 0; font-size: 16px; font-weight: 500; line-height: 22px; text-align: start; min-height: 24px } .alarm:not(.new) .name { font-size: 14px }
.alarm .head { display: flex; flex-wrap: wrap; align-items: center; gap: 2px 8px } .alarm .why { line-height: 20px } .alarm .why b { font-weight: 500 }
.alarm .told { font-size: 12px; line-height: 18px; color: var(--secondary-text-color); margin-top: 2px; font-variant-numeric: tabular-nums }
.alarm .told ha-icon { --mdc-icon-size: 14px; margin: 0 4px 0 0; vertical-align: -2px }
.alarm .do { display: flex; gap: 6px; line-height: 20px; margin-top: 4px } .alarm .do ha-icon { --mdc-icon-size: 16px; margin-top: 2px; color: var(--secondary-text-color) }
.alarm .acts { display: flex; gap: 4px; align-items: start } .alarm .kids { grid-column: 2 / -1; margin-top: 4px } .kids-place { display: contents } .alarm :empty:not(ha-icon) { display: none }
.state { grid-column: 2 / -1; display: flex; flex-wrap: wrap; align-items: center; gap: 0 8px; font-weight: 500; min-height: 44px } .state ha-icon { --mdc-icon-size: 20px; color: var(--secondary-text-color) }
.state:empty { display: none } .state span { flex: 1 1 160px; line-height: 18px } .state small { display: block; font-weight: 400; color: var(--secondary-text-color) }
.kids summary { list-style: none; display: inline-flex; align-items: center; gap: 4px; min-height: 44px; margin: 0 -8px -8px; padding: 0 12px 0 4px; border-radius: 8px; cursor: pointer; font-weight: 500 }
.kids summary::-webkit-details-marker { display: none } .kids summary ha-icon { --mdc-icon-size: 20px } .kids[open] summary ha-icon { rotate: 90deg }
.kids li { display: flex; align-items: center; gap: 8px; min-height: 32px; padding-left: 2px } .kids li ha-icon { --mdc-icon-size: 16px; color: var(--secondary-text-color) }
.kids li span:last-child { margin-left: auto; font-size: 12px; color: var(--secondary-text-color); padding-right: 8px }
@container (max-width: 480px) {
  .alarm { grid-template-columns: 40px minmax(0, 1fr); padding: 12px } .alarm .acts { grid-column: 1 / -1; margin-top: 8px; gap: 8px } .alarm .acts .btn:not(.ico) { flex: 1; padding: 0 8px }
  .alarm.actionable .acts .btn.ico { background: color-mix(in srgb, var(--ink) 8%, transparent); border-radius: 12px; width: 48px }
  .alarm .kids, .alarm .state { grid-column: 1 / -1; padding-left: 44px } .alarm .kids { margin-bottom: -8px }
  .alarm:not(.actionable) { grid-template-columns: 40px minmax(0, 1fr) 44px } .alarm:not(.actionable) .acts { grid-column: auto; margin: 0 }
}
@media (prefers-reduced-motion: no-preference) { .kids summary ha-icon { transition: rotate .18s } .alarm.crit.new .sev { animation: iotbridge-call 2s ease-in-out infinite }
  @keyframes iotbridge-call { 50% { background: color-mix(in srgb, var(--s) 34%, transparent) } } }
`);

/**
 * Return a row of a card or dialog, `{element, update(row)}`. `open(row)` shows the alarm, `childrenOf(row)` returns the
 * rows of the alarms that it explains, `titleIn(row)` another title than that of the alarm.
 */
export const createAlarmRow = (host, { open, childrenOf, titleIn = (row) => titleOf(host.hass, row) }) => {
  let row;
  const { actions } = host;
  const severity = h("span.sev");
  const name = h("button.name", { onclick: () => open(row) });
  const chip = h("span");
  const why = h("div.why");
  const instructions = h("div.do");
  const notified = h("div.told");
  const buttons = h("div.acts");
  const status = h("div.state", { role: "status" });
  const children = h("div.kids-place");
  const body = h("div.body", h("div.head", name, chip), why, instructions, notified);
  const element = h("li.alarm", severity, body, buttons, status, children);

  const update = (newRow) => {
    row = newRow;
    const { hass } = host;
    const isNew = isWaiting(row);
    const title = titleIn(row);
    setAttribute(element, "class", `alarm ${SEVERITY_CLASSES[row.severity]} ${isNew ? "new" : "known"} ${isNew && row.can_control ? "actionable" : ""}`);
    setAttribute(element, "data-id", row.id);
    setText(name, title);
    const shape = row.state === "returned_unacknowledged" ? "bell-badge" : SEVERITY_ICONS[row.severity];
    const word = t(hass, `severity.${row.severity}`);
    renderOnce(severity, [shape, word], () => [icon(shape), hiddenText(word)]);
    updateChip(hass, isNew ? word : stateText(hass, row));
    const reason = whyParts(hass, row, (text) => ({ strong: text }));
    renderOnce(why, reason, () => reason.map((part) => (part?.strong ? h("b.num", part.strong) : part)));
    renderOnce(instructions, row.instructions, () => (row.instructions ? [icon("wrench"), h("span", row.instructions)] : []));
    const line = isNew ? notifiedText(hass, row) : commentText(hass, row);
    renderOnce(notified, [isNew, Boolean(line)], () => (line ? [isNew ? icon("bullhorn") : null, h("span")] : []));
    if (line) setText(notified.lastElementChild, line);
    keepFocus(element, () => {
      updateButtons(hass, title);
      updateStatus(hass);
    }, () => name);
    updateChildren(hass);
  };

  const updateChip = (hass, text) => {
    const isReturned = row.state === "returned_unacknowledged";
    const [style, shape] = isReturned ? ["", "check"] : isWaiting(row) ? [SEVERITY_CLASSES[row.severity], null] : ["", "account-check"];
    setAttribute(chip, "class", `chip ${style}`);
    const words = isReturned ? stateText(hass, row) : text;
    renderOnce(chip, [words, shape], () => [shape ? icon(shape) : null, words]);
  };

  const updateButtons = (hass, title) => {
    const isBusy = actions.status(row)?.phase === "busy";
    const canAcknowledge = row.can_control && isWaiting(row);
    const data = [row.can_control, isWaiting(row), isBusy, title, hass.locale.language, row.controllers];
    renderOnce(buttons, data, () => [
      canAcknowledge
        ? button("main", () => actions.acknowledge(row), [icon("check"), t(hass, "action.acknowledge"), hiddenText(` ${title}`)], { disabled: isBusy })
        : null,
      canAcknowledge
        ? button("ico", ({ currentTarget }) => actions.openSnoozeMenu(currentTarget, row), icon("alarm-snooze"),
            { "aria-haspopup": "menu", "aria-label": t(hass, "action.snooze_name", { name: title }), title: t(hass, "action.snooze") })
        : null,
      dotsButton(t(hass, "action.more", { name: title }),
        ({ currentTarget }) => actions.openMoreMenu(currentTarget, row, { name: title, details: () => open(row) })),
    ]);
  };

  const updateStatus = (hass) => {
    const now = actions.status(row);
    const isRefused = !row.can_control && isWaiting(row);
    renderOnce(status, [now?.phase, now?.text, isRefused, row.controllers], () => statusLine(hass, now, isRefused ? row : null));
  };

  const updateChildren = (hass) => {
    const rows = childrenOf(row);
    const count = row.children.length;
    const data = rows.map((child) => [child.id, titleOf(hass, child), child.condition_since ?? child.raised_at]);
    renderOnce(children, [data, count], () => {
      if (!rows.length) return [];
      const isOpen = Boolean(children.querySelector("details")?.open);
      return h("details.kids", { open: isOpen },
        h("summary", icon("chevron-right"), t(hass, "alarm.children", { count })),
        h("ul", data.map(([, childTitle, at]) =>
          h("li", icon("subdirectory-arrow-right"), h("span", childTitle), h("span.num", at ? clock(hass, at) : "")))));
    });
  };

  return { element, update };
};

export const statusLine = (hass, now, refused) => {
  if (now?.phase === "done") return line("check", now.text, null, now.undo && t(hass, "action.undo"), now.undo);
  if (now?.phase === "failed") return line("alert", t(hass, "action.failed"), now.text, t(hass, "action.again"), now.again);
  if (!refused) return [];
  const who = listOf(hass, refused.controllers, "disjunction");
  return line("shield-alert", who ? t(hass, "action.controllers", { who }) : t(hass, "action.no_right"));
};

const line = (name, text, detail, label, run) => [
  icon(name),
  h("span", text, detail ? h("small", detail) : null),
  label ? button("", () => run(), label) : null,
];

const createShortRow = (host, open, describe) => {
  let row;
  const shape = h("span", { style: "display: contents" });
  const name = h("button.name", { onclick: () => open(row) });
  const title = h("b");
  const text = h("span");
  const place = h("span", { style: "display: contents" });
  const element = h("li.rowb", shape, h("div", name, title, text), place);
  return {
    element,
    update(newRow) {
      row = newRow;
      const { hass } = host;
      const shown = describe(hass, row);
      const status = host.actions.status(row);
      setAttribute(element, "data-id", row.id);
      title.hidden = Boolean(row.rule_entity_id);
      name.hidden = !title.hidden;
      setText(title.hidden ? name : title, shown.title);
      setText(text, status?.phase === "failed" ? `${t(hass, "action.failed")} ${status.text}` : status?.phase === "done" ? status.text : shown.text);
      renderOnce(shape, shown.icon, () => icon(shown.icon));
      const action = status?.phase === "done" ? { label: t(hass, "action.undo"), run: () => status.undo() } : shown.action;
      renderOnce(place, [action?.label, status?.phase, shown.title, row.state], () =>
        action
          ? button("", () => action.run(row), [action.label, hiddenText(` ${shown.title}`)], { disabled: status?.phase === "busy" })
          : [],
      );
    },
  };
};

const iconOf = (hass, row, fallback) => hass.states[row.entity_id]?.attributes.icon ?? hass.entities[row.entity_id]?.icon ?? fallback;

export const createSilentRow = (host, { open }) =>
  createShortRow(host, open, (hass, row) => {
    const values = { age: row.last_seen && age(hass, secondsSince(row.last_seen)), usual: row.usual_s && age(hass, row.usual_s) };
    const text = values.age && values.usual ? t(hass, "silent.usually", values) : values.age ? t(hass, "silent.for", values) : row.reason;
    const known = isWaiting(row) ? "" : ` · ${stateText(hass, row)}`;
    return {
      icon: iconOf(hass, row, "access-point-off"),
      title: row.device ?? row.name,
      text: `${text}${known}`,
      action: isWaiting(row) && row.can_control ? { label: t(hass, "action.acknowledge"), run: (alarm) => host.actions.acknowledge(alarm) } : null,
    };
  });

export const createSnoozedRow = (host, { open }) =>
  createShortRow(host, open, (hass, row) => ({
    icon: iconOf(hass, row, QUIET_ICONS[row.state]),
    title: titleOf(hass, row),
    text: quietText(hass, row),
    action:
      row.can_control && row.state === "snoozed" ? { label: t(hass, "action.end_snooze"), run: (alarm) => host.actions.unsnooze(alarm) } : null,
  }));

const quietText = (hass, row) => {
  if (row.state === "snoozed") {
    const values = { who: row.snoozed.who, until: until(hass, row.snoozed.until) };
    return t(hass, values.who ? "snoozed.by_until" : "snoozed.until", values);
  }
  return row.state === "suppressed" ? (row.suppressed[0]?.text ?? stateText(hass, row)) : stateText(hass, row);
};

export const createMaintenanceRow = (host, { open }) =>
  createShortRow(host, open, (hass, window) => {
    const names = window.names.length ? listOf(hass, window.names.slice(0, 3)) : window.name;
    const end = window.until ? t(hass, "maintenance.until", { until: until(hass, window.until) }) : t(hass, "maintenance.open");
    return {
      icon: window.kind === "recurring" ? "calendar-clock" : "wrench",
      title: window.kind === "all" ? t(hass, "maintenance.all") : names,
      text: window.name && window.name !== names && window.kind !== "all" ? `${window.name}, ${end}` : end,
      action: window.can_end ? { label: t(hass, "maintenance.end"), run: (row) => host.actions.endMaintenance(row) } : null,
    };
  });
