#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "common/base/error.hpp"
#include "coordinator/cli/failure.hpp"

namespace skerry::cli {

/// A place in a Document, borrowed from it. Everything asked of a place that is absent, null or of another kind gives
/// an absent value, so that a verb shows "—" for what a coordinator of another version does not say.
class Value {
public:
    Value() = default;
    explicit Value(const void* json) : json_(json) {}

    [[nodiscard]] Value operator[](std::string_view key) const;
    /// The elements of a list; empty for everything else.
    [[nodiscard]] std::vector<Value> items() const;
    /// Absent and null are the same.
    [[nodiscard]] bool present() const;
    [[nodiscard]] std::optional<std::string> text() const;
    /// A whole number, not negative.
    [[nodiscard]] std::optional<std::uint64_t> count() const;
    [[nodiscard]] std::optional<double> number() const;
    [[nodiscard]] std::optional<bool> flag() const;

private:
    const void* json_ = nullptr;  // nlohmann::ordered_json; its header stays in document.cpp
};

/// A JSON document. Movable.
class Document {
public:
    /// InvalidInput: no JSON, or nested deeper than limits::kJsonDepthMax.
    [[nodiscard]] static Result<Document> parse(std::string_view text);

    Document(Document&&) noexcept;
    Document& operator=(Document&&) noexcept;
    ~Document();

    [[nodiscard]] Value root() const;
    /// The same document in ASCII, keys in their order; every control character is escaped, so it is safe on a
    /// terminal.
    [[nodiscard]] std::string to_json() const;

private:
    struct Tree;
    explicit Document(std::unique_ptr<Tree> tree);
    std::unique_ptr<Tree> tree_;
};

using Field = std::pair<std::string, std::variant<std::string, std::uint64_t, bool>>;

/// An object of these fields in this order. Bytes that are no UTF-8 are replaced.
[[nodiscard]] std::string to_json(const std::vector<Field>& fields);
/// `{"schema_version":1,"status":"ok","data":{fields}}`, for what the CLI itself answers.
[[nodiscard]] Document ok_envelope(const std::vector<Field>& fields);
/// `{"schema_version":1,"status":"error","error_code":…,"message":…,"hint":…}`
[[nodiscard]] Document error_envelope(const Failure& failure);

}  // namespace skerry::cli
