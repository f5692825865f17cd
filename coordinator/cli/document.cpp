#include "coordinator/cli/document.hpp"

#include <nlohmann/json.hpp>

#include "common/base/limits.hpp"

namespace skerry::cli {

namespace {

using Json = nlohmann::ordered_json;

const Json& json_of(const void* place) {
    return *static_cast<const Json*>(place);
}

std::string dumped(const Json& json) {
    constexpr bool kEnsureAscii = true;
    return json.dump(-1, ' ', kEnsureAscii, Json::error_handler_t::replace);
}

Json object_of(const std::vector<Field>& fields) {
    Json object = Json::object();
    for (const auto& [name, value] : fields) {
        std::visit([&object, &key = name](const auto& held) { object[key] = held; }, value);
    }
    return object;
}

}  // namespace

struct Document::Tree {
    Json json;
};

Value Value::operator[](std::string_view key) const {
    if (json_ == nullptr || !json_of(json_).is_object()) return {};
    const auto found = json_of(json_).find(std::string(key));
    return found == json_of(json_).end() ? Value{} : Value{&*found};
}

std::vector<Value> Value::items() const {
    std::vector<Value> values;
    if (json_ == nullptr || !json_of(json_).is_array()) return values;
    values.reserve(json_of(json_).size());
    for (const auto& element : json_of(json_))
        values.emplace_back(&element);
    return values;
}

bool Value::present() const {
    return json_ != nullptr && !json_of(json_).is_null();
}

std::optional<std::string> Value::text() const {
    if (json_ == nullptr || !json_of(json_).is_string()) return std::nullopt;
    return json_of(json_).get<std::string>();
}

std::optional<std::uint64_t> Value::count() const {
    if (json_ == nullptr || !json_of(json_).is_number_unsigned()) return std::nullopt;
    return json_of(json_).get<std::uint64_t>();
}

std::optional<double> Value::number() const {
    if (json_ == nullptr || !json_of(json_).is_number()) return std::nullopt;
    return json_of(json_).get<double>();
}

std::optional<bool> Value::flag() const {
    if (json_ == nullptr || !json_of(json_).is_boolean()) return std::nullopt;
    return json_of(json_).get<bool>();
}

Result<Document> Document::parse(std::string_view text) try {
    auto tree = std::make_unique<Tree>();
    bool too_deep = false;
    const auto shallow = [&too_deep](int depth, Json::parse_event_t, Json&) {
        too_deep = too_deep || static_cast<std::size_t>(depth) > limits::kJsonDepthMax;
        return !too_deep;
    };
    tree->json = Json::parse(text, shallow);
    if (too_deep) return fail(ErrorCode::InvalidInput, "the JSON is nested too deep");
    return Document(std::move(tree));
} catch (const Json::exception& error) {
    return fail(ErrorCode::InvalidInput, error.what());
}

Document::Document(std::unique_ptr<Tree> tree) : tree_(std::move(tree)) {}
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;
Document::~Document() = default;

Value Document::root() const {
    return Value{&tree_->json};
}

std::string Document::to_json() const {
    return dumped(tree_->json);
}

std::string to_json(const std::vector<Field>& fields) {
    return dumped(object_of(fields));
}

Document ok_envelope(const std::vector<Field>& fields) {
    const Json envelope = {{"schema_version", 1}, {"status", "ok"}, {"data", object_of(fields)}};
    auto parsed = Document::parse(dumped(envelope));
    SKERRY_ASSERT(parsed);
    return std::move(*parsed);
}

Document error_envelope(const Failure& failure) {
    const Json envelope = {{"schema_version", 1},
                           {"status", "error"},
                           {"error_code", failure.code},
                           {"message", failure.message},
                           {"hint", failure.hint}};
    auto parsed = Document::parse(dumped(envelope));
    SKERRY_ASSERT(parsed);
    return std::move(*parsed);
}

}  // namespace skerry::cli
