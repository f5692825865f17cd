#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

#include "common/base/bytes.hpp"
#include "common/base/error.hpp"
#include "common/base/ids.hpp"

namespace skerry::observe::log {

enum class Level { Debug, Info, Warning, Error };

/// InvalidInput: not "debug", "info", "warning" or "error".
[[nodiscard]] Result<Level> level_named(std::string_view name);

/// The value of a field. Texts are borrowed until event() returns. Secrets have no conversion, on purpose.
class Value {
public:
    Value(bool value) : value_(value) {}
    template <std::signed_integral T>
    Value(T value) : value_(std::int64_t{value}) {}
    template <std::unsigned_integral T>
    requires(!std::same_as<T, bool>) Value(T value) : value_(std::uint64_t{value}) {}
    template <std::floating_point T>
    Value(T value) : value_(static_cast<double>(value)) {}
    Value(std::string_view value) : value_(value) {}
    Value(const char* value) : value_(std::string_view(value)) {}
    Value(const std::string& value) : value_(std::string_view(value)) {}
    /// The first 6 bytes: enough to find the content, short enough to read.
    Value(const Digest& digest) : value_(to_hex(ByteView(digest).first(6))) {}
    template <class Tag>
    Value(const NumberId<Tag>& id) : value_(id.value) {}
    template <class Tag, std::size_t N>
    Value(const BytesId<Tag, N>& id) : value_(id.to_text()) {}

    /// As it appears in the line: quoted and escaped where it must be, cut at 2 KiB.
    [[nodiscard]] std::string to_text() const;

private:
    std::variant<std::string_view, std::string, std::int64_t, std::uint64_t, double, bool> value_;
};

struct Field {
    std::string_view key;
    Value value;
};
using Fields = std::initializer_list<Field>;

/// Receives each line, without its line break.
using Sink = std::function<void(std::string_view line)>;

/// Lines below `level` are dropped from now on; an empty sink means stderr. Before the first call: Info, stderr.
/// Not to be called while other threads log.
void initialise(Level level, Sink sink = {});

/// Writes exactly one line, whatever the fields contain:
///
///     2026-03-01T12:00:00.250Z warning event=update_refused node=5f… reason="too old" bytes=1048576
///
/// Thread-safe; never fails; flushed before it returns from Warning on.
void event(Level level, std::string_view name, Fields fields = {});

inline void debug(std::string_view name, Fields fields = {}) {
    event(Level::Debug, name, fields);
}
inline void info(std::string_view name, Fields fields = {}) {
    event(Level::Info, name, fields);
}
inline void warning(std::string_view name, Fields fields = {}) {
    event(Level::Warning, name, fields);
}
inline void error(std::string_view name, Fields fields = {}) {
    event(Level::Error, name, fields);
}

}  // namespace skerry::observe::log
