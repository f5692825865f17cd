#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.hpp"
#include "common/base/limits.hpp"
#include "common/config/table_reader.hpp"

namespace skerry::config {

/// One TOML text and everything found wrong with it.
///
///     config::Document file = config::Document::from_file(path);
///     const CoordinatorConfig config = read_coordinator_config(file.root());   // asks for keys
///     for (const std::string& problem : file.problems()) …                     // then: what was wrong or unknown
///
/// Never throws. One thread at a time.
class Document {
public:
    /// A file that cannot be read, is too long or is no TOML gives a document without keys and with that one problem.
    [[nodiscard]] static Document from_file(const std::filesystem::path& path,
                                            std::size_t bytes_max = limits::kModelTextBytesMax);
    /// `name` stands for the file in problems.
    [[nodiscard]] static Document from_text(std::string_view text, std::string name,
                                            std::size_t bytes_max = limits::kModelTextBytesMax);

    Document(Document&&) noexcept;
    Document& operator=(Document&&) noexcept;
    ~Document();

    /// The top table. Readers borrow from this document.
    [[nodiscard]] TableReader root();

    /// Every fault so far, in the order of lines, such as
    /// "coordinator.toml:12: unknown key 'rounds.quorrum': did you mean 'quorum'?".
    /// Call it when all keys were asked for: a key that no reader asked for is unknown. Empty: the file is good.
    [[nodiscard]] std::vector<std::string> problems() const;

private:
    explicit Document(std::unique_ptr<detail::DocumentState> state);

    std::unique_ptr<detail::DocumentState> state_;
};

}  // namespace skerry::config
