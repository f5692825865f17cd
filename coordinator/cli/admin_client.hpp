#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/cli/document.hpp"
#include "coordinator/cli/failure.hpp"

namespace skerry::http {
struct Response;
}

namespace skerry::cli {

/// Asks the coordinator over `directory`/admin.sock. Blocks; connects anew for each question.
///
/// Failures of every question: no_connection (nobody listens there, or went away in the middle), permission_denied
/// (this user may not open the socket), timeout; invalid_input (the path is too long for a socket); what the API's
/// error envelope says, with its hint or else ours; internal (the answer is no envelope of schema_version 1).
class AdminClient {
public:
    /// Answers that take the coordinator no time, and those for which it computes or sends a whole model.
    static constexpr std::chrono::milliseconds kQuick{30'000};
    static constexpr std::chrono::milliseconds kLong{600'000};

    /// `patience`, if given, replaces both of the above.
    AdminClient(std::filesystem::path directory, std::optional<std::chrono::milliseconds> patience)
        : directory_(std::move(directory)), patience_(patience) {}

    /// The whole ok envelope. `target` is percent-encoded.
    [[nodiscard]] Answer<Document> get(const std::string& target) const;
    [[nodiscard]] Answer<Document> post(const std::string& target, const std::vector<Field>& fields,
                                        std::chrono::milliseconds time = kQuick) const;
    /// The bytes of an application/octet-stream, at most a whole model's.
    [[nodiscard]] Answer<std::string> download(const std::string& target) const;

private:
    Answer<http::Response> exchange(std::string_view method, const std::string& target, std::string body,
                                    std::chrono::milliseconds time, std::size_t bytes_max) const;
    Failure no_connection() const;

    std::filesystem::path directory_;
    std::optional<std::chrono::milliseconds> patience_;
};

}  // namespace skerry::cli
