#pragma once

#include <string>

#include "common/datasets/dataset.hpp"

namespace skerry::node {

/// What --split says. InvalidInput: another word than "train" or "test".
[[nodiscard]] inline Result<datasets::Split> split_named(const std::string& name) {
    if (name == "train") return datasets::Split::Train;
    if (name == "test") return datasets::Split::Test;
    return fail(ErrorCode::InvalidInput, "--split is train or test, not '" + name + "'");
}

}  // namespace skerry::node
