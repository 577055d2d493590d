import { _t } from "@web/core/l10n/translation";
import { nbsp } from "@web/core/utils/strings";
import { formatFloat, formatInteger, formatMonetary } from "@web/views/fields/formatters";

const FORMATS = {
    money: (value, currencyId) => formatMonetary(value, { currencyId }),
    percent: (value) => `${formatFloat(value, { digits: [16, 1] })}${nbsp}%`,
    days: (value) => _t("%s d", formatFloat(value, { digits: [16, 1] })),
    count: (value) => formatInteger(value),
    text: (value) => value,
};

/** Return a figure of a panel as people read it; a dash when it is not known. */
export function formatFigure(value, type, currencyId) {
    return value === null || value === undefined ? "–" : FORMATS[type](value, currencyId);
}
