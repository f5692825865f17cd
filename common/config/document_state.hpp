#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include <toml++/toml.h>

#include "common/config/table_reader.hpp"

namespace skerry::config::detail {

/// What a Document and its readers share. Only for the .cpp files of this folder.
struct DocumentState {
    struct Problem {
        unsigned line;
        std::string sentence;
    };

    std::string name;
    toml::table root;
    std::vector<Problem> problems;
    /// Every table that a reader stands for, with the keys it was asked for.
    std::map<const toml::table*, std::set<std::string, std::less<>>> asked;
};

/// The word of `known` that `word` was probably meant to be; empty where none is near.
[[nodiscard]] std::string nearest(std::string_view word, const std::set<std::string, std::less<>>& known);

}  // namespace skerry::config::detail
