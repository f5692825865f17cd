#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace skerry::config {

namespace detail {
struct DocumentState;
}

/// One table of a Document. Each getter leaves its target as it is, which is the default, when the key is absent or
/// wrong; what was wrong goes to the document's problems. True: the key was there and its value was taken.
/// A reader of an absent table has no keys and no problems. Cheap to copy; borrows from its document.
class TableReader {
public:
    /// Text of at most `bytes_max` bytes.
    bool text(std::string_view key, std::string& target, std::size_t bytes_max = 4096);
    bool path(std::string_view key, std::filesystem::path& target);
    bool boolean(std::string_view key, bool& target);
    /// A finite number, also one written without a point, within [min, max].
    template <std::floating_point T>
    bool number(std::string_view key, T& target, double min, double max) {
        const std::optional<double> value = number_within(key, min, max);
        if (value) target = static_cast<T>(*value);
        return value.has_value();
    }
    template <std::integral T>
    requires(!std::same_as<T, bool>) bool integer(std::string_view key, T& target, std::type_identity_t<T> min,
                                                  std::type_identity_t<T> max) {
        const auto value = integer_within(key, narrowed(min), narrowed(max));
        if (value) target = static_cast<T>(*value);
        return value.has_value();
    }
    /// "250ms", "5s", "15m", "1h", "90d"; also ns and us. Must be a whole number of the target's unit.
    template <class Rep, class Period>
    bool duration(std::string_view key, std::chrono::duration<Rep, Period>& target,
                  std::type_identity_t<std::chrono::duration<Rep, Period>> min,
                  std::type_identity_t<std::chrono::duration<Rep, Period>> max) {
        using Unit = std::chrono::duration<Rep, Period>;
        const auto value = duration_within(key, nanoseconds_of(min), nanoseconds_of(max), nanoseconds_of(Unit(1)));
        if (value) target = std::chrono::duration_cast<Unit>(*value);
        return value.has_value();
    }
    /// "64MiB", "1GiB", "500kB", or a plain number of bytes.
    template <std::unsigned_integral T>
    bool bytes(std::string_view key, T& target, std::type_identity_t<T> min, std::type_identity_t<T> max) {
        const auto value = bytes_within(key, min, max);
        if (value) target = static_cast<T>(*value);
        return value.has_value();
    }
    /// One of a few words: `reader.choice("optimiser", config.optimiser, {{"none", None}, {"adam", Adam}})`.
    template <class T>
    bool choice(std::string_view key, T& target,
                std::initializer_list<std::pair<std::string_view, std::type_identity_t<T>>> choices) {
        std::vector<std::string_view> words;
        for (const auto& [word, value] : choices)
            words.push_back(word);
        const std::optional<std::size_t> index = word_among(key, words);
        if (index) target = (choices.begin() + *index)->second;
        return index.has_value();
    }
    /// Arrays of at most `count_max` elements; one wrong element makes the whole array wrong.
    bool texts(std::string_view key, std::vector<std::string>& target, std::size_t count_max = 1024);
    bool numbers(std::string_view key, std::vector<double>& target, double min, double max,
                 std::size_t count_max = 1024);
    bool integers(std::string_view key, std::vector<std::int64_t>& target, std::int64_t min, std::int64_t max,
                  std::size_t count_max = 1024);

    /// The table `[key]`; one without keys where there is none.
    [[nodiscard]] TableReader table(std::string_view key);
    /// The tables `[[key]]`, in order.
    [[nodiscard]] std::vector<TableReader> tables(std::string_view key, std::size_t count_max = 1024);

    /// The key is there, whatever its value; it does not count as asked for.
    [[nodiscard]] bool has(std::string_view key) const;
    /// The table itself is there.
    [[nodiscard]] bool present() const { return table_ != nullptr; }
    /// Records "missing key '…': `why`" unless the key is there.
    void require(std::string_view key, std::string_view why);
    /// Records a fault that only the owner can see: "file:line: 'table.key' sentence".
    void problem(std::string_view key, std::string_view sentence);

private:
    friend class Document;
    TableReader(detail::DocumentState& document, const void* table, std::string prefix)
        : document_(&document), table_(table), prefix_(std::move(prefix)) {}

    template <std::integral T>
    static std::int64_t narrowed(T bound) {
        return std::in_range<std::int64_t>(bound) ? static_cast<std::int64_t>(bound)
                                                  : std::numeric_limits<std::int64_t>::max();
    }
    /// Bounds such as Unit::max() would overflow.
    template <class Rep, class Period>
    static std::chrono::nanoseconds nanoseconds_of(std::chrono::duration<Rep, Period> time) {
        using Unit = std::chrono::duration<Rep, Period>;
        return time < std::chrono::duration_cast<Unit>(std::chrono::nanoseconds::max())
                   ? std::chrono::duration_cast<std::chrono::nanoseconds>(time)
                   : std::chrono::nanoseconds::max();
    }
    std::optional<double> number_within(std::string_view key, double min, double max);
    std::optional<std::int64_t> integer_within(std::string_view key, std::int64_t min, std::int64_t max);
    std::optional<std::chrono::nanoseconds> duration_within(std::string_view key, std::chrono::nanoseconds min,
                                                            std::chrono::nanoseconds max,
                                                            std::chrono::nanoseconds unit);
    std::optional<std::uint64_t> bytes_within(std::string_view key, std::uint64_t min, std::uint64_t max);
    std::optional<std::size_t> word_among(std::string_view key, std::span<const std::string_view> words);

    detail::DocumentState* document_;
    const void* table_;   ///< toml::table, null for an absent one
    std::string prefix_;  ///< "rounds." in front of this table's keys
};

}  // namespace skerry::config
