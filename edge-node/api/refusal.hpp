#pragma once

#include <string>
#include <utility>

#include "common/base/error.hpp"

/// For the .cpp files of this folder.
namespace skerry::node {

/// What a request got wrong, in a sentence for whoever sent it.
inline tl::unexpected<Error> refusal(std::string sentence) {
    return fail(ErrorCode::InvalidInput, std::move(sentence));
}

}  // namespace skerry::node
