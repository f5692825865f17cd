#include "common/config/table_reader.hpp"

#include <cmath>

#include "common/config/document_state.hpp"
#include "common/config/text_writer.hpp"
#include "common/config/units.hpp"

namespace skerry::config {

namespace {

using detail::DocumentState;

const toml::table* table_of(const void* table) {
    return static_cast<const toml::table*>(table);
}

/// Marks the key as asked for.
const toml::node* find(DocumentState& document, const void* table, std::string_view key) {
    if (table == nullptr) return nullptr;
    document.asked[table_of(table)].emplace(key);
    return table_of(table)->get(key);
}

std::string number_text(double number) {
    std::string text = TextWriter().value("", number).text();
    return text.substr(text.find("= ") + 2, text.size() - text.find("= ") - 3);
}

/// A value as a sentence shows it.
std::string shown(const toml::node& node) {
    constexpr std::size_t kShownMax = 40;
    if (const auto* text = node.as_string()) {
        const std::string& all = text->get();
        return "'" + all.substr(0, kShownMax) + (all.size() > kShownMax ? "…" : "") + "'";
    }
    if (const auto* number = node.as_integer()) return std::to_string(number->get());
    if (const auto* number = node.as_floating_point()) return number_text(number->get());
    if (const auto* truth = node.as_boolean()) return truth->get() ? "true" : "false";
    if (node.is_table()) return "a table";
    if (node.is_array()) return "an array";
    return "a date or time";
}

void refuse(DocumentState& document, const std::string& prefix, std::string_view key, const toml::node& node,
            const std::string& expected) {
    document.problems.push_back(
        {node.source().begin.line, "'" + prefix + std::string(key) + "' must be " + expected + ", is " + shown(node)});
}

std::string between(const std::string& what, const std::string& min, const std::string& max) {
    return what + " from " + min + " to " + max;
}

std::optional<double> as_number(const toml::node& node, double min, double max) {
    if (!node.is_number()) return std::nullopt;
    const std::optional<double> value = node.value<double>();
    if (!value || !std::isfinite(*value) || *value < min || *value > max) return std::nullopt;
    return value;
}

std::optional<std::int64_t> as_integer(const toml::node& node, std::int64_t min, std::int64_t max) {
    const auto* value = node.as_integer();
    if (value == nullptr || value->get() < min || value->get() > max) return std::nullopt;
    return value->get();
}

/// Reads an array whose elements `read` accepts, or refuses it as a whole.
template <class T, class Read>
bool read_array(DocumentState& document, const std::string& prefix, std::string_view key, const toml::node* node,
                std::vector<T>& target, std::size_t count_max, const std::string& expected, Read read) {
    if (node == nullptr) return false;
    const toml::array* array = node->as_array();
    if (array == nullptr || array->size() > count_max) {
        refuse(document, prefix, key, *node, "an array of at most " + std::to_string(count_max) + " elements");
        return false;
    }
    std::vector<T> values;
    values.reserve(array->size());
    for (const toml::node& element : *array) {
        auto value = read(element);
        if (!value) {
            refuse(document, prefix, key, element, "an array of " + expected);
            return false;
        }
        values.push_back(std::move(*value));
    }
    target = std::move(values);
    return true;
}

}  // namespace

bool TableReader::text(std::string_view key, std::string& target, std::size_t bytes_max) {
    const toml::node* node = find(*document_, table_, key);
    if (node == nullptr) return false;
    const auto* text = node->as_string();
    if (text == nullptr || text->get().size() > bytes_max || text->get().find('\0') != std::string::npos) {
        refuse(*document_, prefix_, key, *node, "text of at most " + std::to_string(bytes_max) + " bytes");
        return false;
    }
    target = text->get();
    return true;
}

bool TableReader::path(std::string_view key, std::filesystem::path& target) {
    std::string value;
    if (!text(key, value)) return false;
    target = value;
    return true;
}

bool TableReader::boolean(std::string_view key, bool& target) {
    const toml::node* node = find(*document_, table_, key);
    if (node == nullptr) return false;
    if (!node->is_boolean()) {
        refuse(*document_, prefix_, key, *node, "true or false");
        return false;
    }
    target = node->as_boolean()->get();
    return true;
}

bool TableReader::texts(std::string_view key, std::vector<std::string>& target, std::size_t count_max) {
    return read_array(*document_, prefix_, key, find(*document_, table_, key), target, count_max, "texts",
                      [](const toml::node& node) { return node.value_exact<std::string>(); });
}

bool TableReader::numbers(std::string_view key, std::vector<double>& target, double min, double max,
                          std::size_t count_max) {
    return read_array(*document_, prefix_, key, find(*document_, table_, key), target, count_max,
                      between("numbers", number_text(min), number_text(max)),
                      [min, max](const toml::node& node) { return as_number(node, min, max); });
}

bool TableReader::integers(std::string_view key, std::vector<std::int64_t>& target, std::int64_t min, std::int64_t max,
                           std::size_t count_max) {
    return read_array(*document_, prefix_, key, find(*document_, table_, key), target, count_max,
                      between("whole numbers", std::to_string(min), std::to_string(max)),
                      [min, max](const toml::node& node) { return as_integer(node, min, max); });
}

TableReader TableReader::table(std::string_view key) {
    const std::string prefix = prefix_ + std::string(key) + ".";
    const toml::node* node = find(*document_, table_, key);
    if (node == nullptr) return {*document_, nullptr, prefix};
    const toml::table* inner = node->as_table();
    if (inner == nullptr) {
        refuse(*document_, prefix_, key, *node, "a table: write [" + prefix_ + std::string(key) + "]");
        return {*document_, nullptr, prefix};
    }
    document_->asked.try_emplace(inner);
    return {*document_, inner, prefix};
}

std::vector<TableReader> TableReader::tables(std::string_view key, std::size_t count_max) {
    const toml::node* node = find(*document_, table_, key);
    if (node == nullptr) return {};
    const toml::array* array = node->as_array();
    const bool all_tables = array != nullptr && (array->empty() || array->is_homogeneous(toml::node_type::table));
    if (!all_tables || array->size() > count_max) {
        refuse(*document_, prefix_, key, *node,
               "at most " + std::to_string(count_max) + " tables: write [[" + prefix_ + std::string(key) + "]]");
        return {};
    }
    std::vector<TableReader> readers;
    for (const toml::node& row : *array) {
        document_->asked.try_emplace(row.as_table());
        readers.push_back({*document_, row.as_table(), prefix_ + std::string(key) + "."});
    }
    return readers;
}

bool TableReader::has(std::string_view key) const {
    return table_ != nullptr && table_of(table_)->contains(key);
}

void TableReader::require(std::string_view key, std::string_view why) {
    if (table_ == nullptr || has(key)) return;
    document_->asked[table_of(table_)].emplace(key);
    document_->problems.push_back({table_of(table_)->source().begin.line,
                                   "missing key '" + prefix_ + std::string(key) + "': " + std::string(why)});
}

void TableReader::problem(std::string_view key, std::string_view sentence) {
    const toml::node* node = table_ != nullptr ? table_of(table_)->get(key) : nullptr;
    if (node == nullptr) node = table_of(table_);
    const unsigned line = node != nullptr ? node->source().begin.line : 0;
    document_->problems.push_back({line, "'" + prefix_ + std::string(key) + "' " + std::string(sentence)});
}

std::optional<double> TableReader::number_within(std::string_view key, double min, double max) {
    const toml::node* node = find(*document_, table_, key);
    if (node == nullptr) return std::nullopt;
    const std::optional<double> value = as_number(*node, min, max);
    if (!value) refuse(*document_, prefix_, key, *node, between("a number", number_text(min), number_text(max)));
    return value;
}

std::optional<std::int64_t> TableReader::integer_within(std::string_view key, std::int64_t min, std::int64_t max) {
    const toml::node* node = find(*document_, table_, key);
    if (node == nullptr) return std::nullopt;
    const std::optional<std::int64_t> value = as_integer(*node, min, max);
    if (!value) {
        refuse(*document_, prefix_, key, *node, between("a whole number", std::to_string(min), std::to_string(max)));
    }
    return value;
}

std::optional<std::chrono::nanoseconds> TableReader::duration_within(std::string_view key, std::chrono::nanoseconds min,
                                                                     std::chrono::nanoseconds max,
                                                                     std::chrono::nanoseconds unit) {
    const toml::node* node = find(*document_, table_, key);
    if (node == nullptr) return std::nullopt;
    const auto* text = node->as_string();
    const auto value = parse_duration(text != nullptr ? std::string_view(text->get()) : std::string_view());
    if (text == nullptr || !value || *value < min || *value > max) {
        refuse(*document_, prefix_, key, *node,
               between("a duration such as \"5s\" or \"250ms\"", to_text(min), to_text(max)));
        return std::nullopt;
    }
    if (*value % unit != std::chrono::nanoseconds{0}) {
        refuse(*document_, prefix_, key, *node, "a multiple of " + to_text(unit));
        return std::nullopt;
    }
    return *value;
}

std::optional<std::uint64_t> TableReader::bytes_within(std::string_view key, std::uint64_t min, std::uint64_t max) {
    const toml::node* node = find(*document_, table_, key);
    if (node == nullptr) return std::nullopt;
    std::optional<std::uint64_t> value;
    if (const auto* number = node->as_integer(); number != nullptr && number->get() >= 0) {
        value = static_cast<std::uint64_t>(number->get());
    } else if (const auto* text = node->as_string()) {
        if (const auto parsed = parse_byte_size(text->get())) value = *parsed;
    }
    if (!value || *value < min || *value > max) {
        refuse(*document_, prefix_, key, *node,
               between("a size such as \"64MiB\"", byte_size_text(min), byte_size_text(max)));
        return std::nullopt;
    }
    return value;
}

std::optional<std::size_t> TableReader::word_among(std::string_view key, std::span<const std::string_view> words) {
    const toml::node* node = find(*document_, table_, key);
    if (node == nullptr) return std::nullopt;
    std::string expected = "one of";
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (const auto* text = node->as_string(); text != nullptr && text->get() == words[i]) return i;
        expected += (i == 0 ? " '" : ", '") + std::string(words[i]) + "'";
    }
    refuse(*document_, prefix_, key, *node, expected);
    return std::nullopt;
}

}  // namespace skerry::config
