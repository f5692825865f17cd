#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "coordinator/cli/cli.hpp"
#include "tests/support/temporary_folder.hpp"

namespace skerry::cli {

/// The moment that every test takes for now: 12:00:00 on the first of March 2026.
[[nodiscard]] TimePoint test_now();

struct Ran {
    int code = 0;
    std::string out;
    std::string err;
};

/// Runs a command line without any coordinator but the one that its words name.
[[nodiscard]] Ran run(const std::vector<std::string>& words, Surroundings surroundings = {});

/// A real HTTP server on DIR/admin.sock, on a thread of its own, that answers each "METHOD /path?query" with what the
/// test has put there before the question, and everything else with the API's not_found.
class CannedCoordinator {
public:
    CannedCoordinator();
    ~CannedCoordinator();

    /// Wraps `data`, a JSON text, in an ok envelope.
    void answers(const std::string& request, const std::string& data);
    void answers_with(const std::string& request, int status, const std::string& body,
                      const std::string& content_type = "application/json");
    void refuses(const std::string& request, int status, const std::string& code, const std::string& message,
                 const std::string& hint);
    /// Takes the question and never answers.
    void stays_silent_on(const std::string& request);

    /// Runs a command line against this coordinator; nobody is at a terminal unless the surroundings say so.
    [[nodiscard]] Ran run(std::vector<std::string> words, Surroundings surroundings = {}) const;
    /// "METHOD /path?query" of every question so far, with " body" where there was one.
    [[nodiscard]] std::vector<std::string> questions() const;
    [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }

private:
    struct State;
    TemporaryFolder folder_;
    std::unique_ptr<State> state_;
};

/// One JSON document, the end of a line, and nothing else.
[[nodiscard]] bool is_one_document(const std::string& text);

}  // namespace skerry::cli
