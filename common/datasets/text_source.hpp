#pragma once

#include <memory>
#include <string_view>

#include "common/datasets/dataset.hpp"

namespace skerry::datasets {

/// Labelled texts, in the file's order:
///
///     FILE        one a line, `label<TAB>text` (the SMS Spam Collection); a first line whose label is "label" is
///                 passed over
///     FILE.csv    RFC 4180, line breaks inside quotes too; a header with the columns `text` and one of `target`,
///                 `label` and `category`; others are passed over (BANKING77)
///     FOLDER      its train.csv or test.csv
///
/// A label is a class's name or its index. Texts are UTF-8, with or without a byte order mark; what the front end does
/// not read of a long one is cut, empty lines are passed over. Memory: one record, of at most kRecordBytesMax.
/// NotFound: no such file. InvalidInput: a CSV file without these columns. next() refuses, with the line number: an
/// unknown class, a text that is empty, not UTF-8 or holds NUL, no tab, a quote that does not end, a record that is too
/// long.
[[nodiscard]] Result<std::unique_ptr<SampleSource>> open_text(std::string_view where, Split split,
                                                              const parameters::ModelSpec& spec);
inline constexpr std::size_t kRecordBytesMax = 256 * 1024;

}  // namespace skerry::datasets
