// Rows of two lines: alarms without data, snoozed ones, and maintenance windows.
import { isWaiting } from "./alarms.js";
import { namesOf, stateText, titleOf } from "./alarm-texts.js";
import { h, hiddenText, icon, renderOnce, setAttribute, setText } from "./dom.js";
import { age, secondsSince, until } from "./formats.js";
import { t } from "./texts.js";

/** Return `{element, update(row)}`; `describe` returns icon, title, text and at most one action. */
const createShortRow = (context, describe) => {
  let row;
  const shape = h("span", { style: "display: contents" });
  const name = h("button", { class: "name", type: "button", onclick: () => context.open(row) });
  const title = h("b");
  const text = h("span");
  const place = h("span", { style: "display: contents" });
  const element = h("li", { class: "rowb" }, shape, h("div", null, name, title, text), place);
  return {
    element,
    update(newRow) {
      row = newRow;
      const { hass } = context;
      const shown = describe(hass, row);
      const status = context.actions.status(row);
      setAttribute(element, "data-id", row.id);
      title.hidden = Boolean(row.rule_entity_id);
      name.hidden = !title.hidden;
      setText(title.hidden ? name : title, shown.title);
      setText(text, status?.phase === "failed" ? `${t(hass, "action.failed")} ${status.text}` : status?.phase === "done" ? status.text : shown.text);
      renderOnce(shape, shown.icon, () => icon(shown.icon));
      const action = status?.phase === "done" ? { label: t(hass, "action.undo"), run: () => status.undo() } : shown.action;
      renderOnce(place, [action?.label, status?.phase, shown.title, row.state], () =>
        action
          ? h("button", { class: "btn", type: "button", disabled: status?.phase === "busy", onclick: () => action.run(row) }, action.label, hiddenText(` ${shown.title}`))
          : [],
      );
    },
  };
};

const iconOf = (hass, row, fallback) => hass.states[row.entity_id]?.attributes.icon ?? hass.entities[row.entity_id]?.icon ?? fallback;

export const createSilentRow = (context) =>
  createShortRow(context, (hass, row) => {
    const values = { age: row.last_seen && age(hass, secondsSince(row.last_seen)), usual: row.usual_s && age(hass, row.usual_s) };
    const text = values.age && values.usual ? t(hass, "silent.usually", values) : values.age ? t(hass, "silent.for", values) : row.reason;
    const known = isWaiting(row) ? "" : ` · ${stateText(hass, row)}`;
    return {
      icon: iconOf(hass, row, "access-point-off"),
      title: row.device ?? row.name,
      text: `${text}${known}`,
      action: isWaiting(row) && row.can_control ? { label: t(hass, "action.acknowledge"), run: (alarm) => context.actions.acknowledge(alarm) } : null,
    };
  });

export const createSnoozedRow = (context) =>
  createShortRow(context, (hass, row) => ({
    icon: iconOf(hass, row, row.state === "out_of_service" ? "bell-off" : row.state === "snoozed" ? "alarm-snooze" : "subdirectory-arrow-right"),
    title: titleOf(hass, row),
    text: quietText(hass, row),
    action:
      row.can_control && row.state === "snoozed" ? { label: t(hass, "action.end_snooze"), run: (alarm) => context.actions.unsnooze(alarm) } : null,
  }));

const quietText = (hass, row) => {
  if (row.state === "snoozed") {
    const values = { who: row.snoozed.who, until: until(hass, row.snoozed.until) };
    return t(hass, values.who ? "snoozed.by_until" : "snoozed.until", values);
  }
  return row.state === "suppressed" ? (row.suppressed[0]?.text ?? stateText(hass, row)) : stateText(hass, row);
};

export const createMaintenanceRow = (context) =>
  createShortRow(context, (hass, window) => {
    const names = window.names.length ? namesOf(hass, window.names.slice(0, 3)) : window.name;
    const end = window.until ? t(hass, "maintenance.until", { until: until(hass, window.until) }) : t(hass, "maintenance.open");
    return {
      icon: window.kind === "recurring" ? "calendar-clock" : "wrench",
      title: window.kind === "all" ? t(hass, "maintenance.all") : names,
      text: window.name && window.name !== names && window.kind !== "all" ? `${window.name}, ${end}` : end,
      action: window.can_end ? { label: t(hass, "maintenance.end"), run: (row) => context.actions.endMaintenance(row) } : null,
    };
  });
