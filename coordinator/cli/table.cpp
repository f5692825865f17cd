#include "coordinator/cli/table.hpp"

#include <algorithm>
#include <numeric>

#include "common/base/error.hpp"

namespace skerry::cli {

namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kFlexibleMin = 8;

using Widths = std::vector<std::size_t>;
using Lines = std::vector<std::vector<Cell>>;

Widths natural_widths(const Lines& lines) {
    Widths widths(lines.front().size(), 0);
    for (const auto& line : lines) {
        for (std::size_t i = 0; i < line.size(); ++i)
            widths[i] = std::max(widths[i], display_width(line[i].text));
    }
    return widths;
}

void shrink(Widths& widths, const std::vector<bool>& flexible, std::size_t room) {
    const auto total = [&widths] { return std::accumulate(widths.begin(), widths.end(), kGap * (widths.size() - 1)); };
    while (total() > room) {
        std::size_t widest = widths.size();
        for (std::size_t i = 0; i < widths.size(); ++i) {
            if (flexible[i] && widths[i] > kFlexibleMin && (widest == widths.size() || widths[i] > widths[widest])) {
                widest = i;
            }
        }
        if (widest == widths.size()) return;
        --widths[widest];
    }
}

void append_spaces(std::string& line, std::size_t count) {
    line.append(count, ' ');
}

}  // namespace

std::string painted(std::string_view text, Tone tone, const Style& style) {
    if (!style.colour || tone == Tone::Plain || text.empty()) return std::string(text);
    const std::string_view colour = tone == Tone::Good      ? "\x1b[32m"
                                    : tone == Tone::Warning ? "\x1b[33m"
                                    : tone == Tone::Bad     ? "\x1b[31m"
                                                            : "\x1b[1m";
    return std::string(colour).append(text).append("\x1b[0m");
}

Table::Table(std::vector<std::pair<std::string, Column>> columns) : columns_(std::move(columns)) {
    SKERRY_ASSERT(!columns_.empty());
}

Table& Table::row(std::vector<Cell> cells) {
    SKERRY_ASSERT(cells.size() == columns_.size());
    rows_.push_back(std::move(cells));
    return *this;
}

std::string Table::render(const Style& style) const {
    Lines lines(1);
    for (const auto& [title, column] : columns_)
        lines.front().emplace_back(title, Tone::Heading);
    lines.insert(lines.end(), rows_.begin(), rows_.end());
    for (auto& line : lines) {
        for (auto& cell : line)
            cell.text = printable(cell.text, style.charset);
    }

    Widths widths = natural_widths(lines);
    std::vector<bool> flexible;
    for (const auto& [title, column] : columns_)
        flexible.push_back(column == Column::Flexible);
    if (style.width > 0) shrink(widths, flexible, style.width);

    std::string text;
    for (const auto& line : lines) {
        std::string row;
        std::size_t owed = 0;  // spaces are paid when something follows them, so that no line ends in one
        for (std::size_t i = 0; i < line.size(); ++i) {
            const std::string shown = shortened(line[i].text, widths[i], style.charset);
            const std::size_t padding = widths[i] - display_width(shown);
            const bool right = columns_[i].second == Column::Right;
            if (right) owed += padding;
            if (!shown.empty()) {
                append_spaces(row, owed);
                owed = 0;
                row += painted(shown, line[i].tone, style);
            }
            owed += (right ? 0 : padding) + kGap;
        }
        text += row + '\n';
    }
    return text;
}

Facts& Facts::fact(std::string label, Cell value) {
    facts_.emplace_back(std::move(label), std::move(value));
    return *this;
}

std::string Facts::render(const Style& style) const {
    std::size_t widest = 0;
    for (const auto& [label, value] : facts_)
        widest = std::max(widest, display_width(label));
    std::string text;
    for (const auto& [label, value] : facts_) {
        text += painted(label, Tone::Heading, style);
        append_spaces(text, widest - display_width(label) + kGap);
        text += painted(printable(value.text, style.charset), value.tone, style) + '\n';
    }
    return text;
}

}  // namespace skerry::cli
