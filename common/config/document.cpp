#include "common/config/document.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <system_error>

#include "common/config/document_state.hpp"

namespace skerry::config {

namespace {

using detail::DocumentState;

std::string unknown_key(const std::string& name, std::string_view prefix,
                        const std::set<std::string, std::less<>>& known) {
    std::string sentence = "unknown key '" + std::string(prefix) + name + "'";
    if (const std::string guess = detail::nearest(name, known); !guess.empty()) {
        return sentence + ": did you mean '" + guess + "'?";
    }
    constexpr std::size_t kShownMax = 16;
    if (known.empty() || known.size() > kShownMax) return sentence + ": remove it";
    sentence += ": known here are ";
    for (const std::string& key : known)
        sentence += (key == *known.begin() ? "" : ", ") + key;
    return sentence;
}

void find_unknown_keys(const DocumentState& state, const toml::table& table, const std::string& prefix,
                       std::vector<DocumentState::Problem>& problems) {
    const auto reader = state.asked.find(&table);
    if (reader == state.asked.end()) return;  // its own key was refused or had the wrong type
    for (const auto& [key, node] : table) {
        const std::string name(key.str());
        if (!reader->second.contains(name)) {
            problems.push_back({key.source().begin.line, unknown_key(name, prefix, reader->second)});
        } else if (const toml::table* inner = node.as_table()) {
            find_unknown_keys(state, *inner, prefix + name + ".", problems);
        } else if (const toml::array* array = node.as_array()) {
            for (const toml::node& element : *array) {
                if (const toml::table* row = element.as_table())
                    find_unknown_keys(state, *row, prefix + name + ".", problems);
            }
        }
    }
}

}  // namespace

Document::Document(std::unique_ptr<DocumentState> state) : state_(std::move(state)) {}
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;
Document::~Document() = default;

Document Document::from_file(const std::filesystem::path& path, std::size_t bytes_max) {
    std::ifstream file(path, std::ios::binary);
    // A folder opens but does not read.
    if (!file || (file.peek() == std::ifstream::traits_type::eof() && file.bad())) {
        auto state = std::make_unique<DocumentState>();
        state->name = path.string();
        const std::string why = errno != 0 ? std::generic_category().message(errno) : "not a file";
        state->problems.push_back({0, "cannot be read (" + why + "): check the path and its permissions"});
        return Document(std::move(state));
    }
    file.clear();
    std::string text(bytes_max + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    return from_text(text, path.string(), bytes_max);
}

Document Document::from_text(std::string_view text, std::string name, std::size_t bytes_max) {
    auto state = std::make_unique<DocumentState>();
    state->name = std::move(name);
    if (text.size() > bytes_max) {
        state->problems.push_back({0, "is longer than " + std::to_string(bytes_max) + " bytes: is it the right file?"});
        return Document(std::move(state));
    }
    try {
        state->root = toml::parse(text, std::string_view(state->name));
    } catch (const toml::parse_error& error) {
        state->problems.push_back({error.source().begin.line, "is no TOML: " + std::string(error.description())});
        state->root.clear();
    } catch (const std::exception& error) {
        state->problems.push_back({0, "is no TOML: " + std::string(error.what())});
        state->root.clear();
    }
    return Document(std::move(state));
}

TableReader Document::root() {
    state_->asked.try_emplace(&state_->root);
    return {*state_, &state_->root, ""};
}

std::vector<std::string> Document::problems() const {
    std::vector<DocumentState::Problem> all = state_->problems;
    find_unknown_keys(*state_, state_->root, "", all);
    std::stable_sort(all.begin(), all.end(),
                     [](const auto& left, const auto& right) { return left.line < right.line; });
    std::vector<std::string> sentences;
    sentences.reserve(all.size());
    for (const auto& [line, sentence] : all) {
        sentences.push_back(state_->name + (line > 0 ? ":" + std::to_string(line) : "") + ": " + sentence);
    }
    return sentences;
}

}  // namespace skerry::config
