#pragma once

#include <string>
#include <utility>
#include <vector>

#include "coordinator/cli/printable.hpp"

namespace skerry::cli {

/// How text may look where it is going.
struct Style {
    Charset charset = Charset::Utf8;
    bool colour = false;
    std::size_t width = 0;  ///< columns of the terminal; 0: no terminal, nothing is shortened
};

/// Colour repeats what the words say, for those who see it.
enum class Tone { Plain, Good, Warning, Bad, Heading };

struct Cell {
    Cell(std::string words, Tone shade = Tone::Plain) : text(std::move(words)), tone(shade) {}
    Cell(const char* words) : text(words) {}

    std::string text;
    Tone tone = Tone::Plain;
};

/// `text`, which must be printable(), in the colour of `tone` where the style allows.
[[nodiscard]] std::string painted(std::string_view text, Tone tone, const Style& style);

enum class Column {
    Left,
    Right,
    Flexible,  ///< left; shortened first when the terminal is too narrow
};

/// Rows under titles, two spaces apart. Cells may hold text of anyone: render() makes it printable().
class Table {
public:
    explicit Table(std::vector<std::pair<std::string, Column>> columns);

    /// Asserts one cell a column.
    Table& row(std::vector<Cell> cells);
    [[nodiscard]] bool empty() const { return rows_.empty(); }

    /// Lines with their ends, none with spaces at its end. Flexible columns shrink, the widest first and none below
    /// 8 columns, until a row fits the style's width.
    [[nodiscard]] std::string render(const Style& style) const;

private:
    std::vector<std::pair<std::string, Column>> columns_;
    std::vector<std::vector<Cell>> rows_;
};

/// "label  value" lines with the values below each other.
class Facts {
public:
    Facts& fact(std::string label, Cell value);
    [[nodiscard]] std::string render(const Style& style) const;

private:
    std::vector<std::pair<std::string, Cell>> facts_;
};

}  // namespace skerry::cli
