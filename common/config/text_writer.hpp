#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace skerry::config {

/// Writes TOML that Document reads back to the same values: the effective configuration for --print-config.
///
///     TextWriter out;
///     out.section("rounds").comment("fewest updates that make a version").value("quorum", config.quorum);
class TextWriter {
public:
    TextWriter& section(std::string_view name);        ///< [name]
    TextWriter& array_section(std::string_view name);  ///< [[name]]
    TextWriter& comment(std::string_view text);        ///< # text, one line for each of its lines

    TextWriter& value(std::string_view key, std::string_view text);
    TextWriter& value(std::string_view key, const char* text) { return value(key, std::string_view(text)); }
    TextWriter& value(std::string_view key, bool value);
    TextWriter& value(std::string_view key, double number);
    TextWriter& value(std::string_view key, std::chrono::nanoseconds duration);
    template <std::integral T>
    requires(!std::same_as<T, bool>) TextWriter& value(std::string_view key, T number) {
        return raw(key, std::to_string(number));
    }
    template <class Rep, class Period>
    TextWriter& value(std::string_view key, std::chrono::duration<Rep, Period> time) {
        return value(key, std::chrono::nanoseconds(time));
    }
    TextWriter& value(std::string_view key, std::span<const std::string> texts);
    TextWriter& value(std::string_view key, std::span<const double> numbers);
    TextWriter& value(std::string_view key, std::span<const std::int64_t> numbers);
    TextWriter& bytes(std::string_view key, std::uint64_t count);

    [[nodiscard]] const std::string& text() const { return text_; }

private:
    TextWriter& raw(std::string_view key, std::string_view value);

    std::string text_;
};

}  // namespace skerry::config
