#pragma once

#include <cstring>
#include <string>
#include <vector>

#include "common/base/bytes.hpp"
#include "tests/unit/parameters/specs.hpp"

namespace skerry::node::testing {

/// 1×2×3 grey bytes, or three float features.
inline parameters::ModelSpec bytes_spec() {
    parameters::ModelSpec spec = parameters::testing::digits();
    spec.input.shape = {1, 2, 3};
    return spec;
}
inline parameters::ModelSpec floats_spec() {
    return parameters::testing::table(3);
}

inline std::string tensor(const std::string& datatype, const std::string& shape, const std::string& data) {
    return R"({"inputs":[{"name":"input","datatype":")" + datatype + R"(","shape":)" + shape + R"(,"data":)" + data +
           "}]}";
}

inline std::vector<float> floats_of(const Bytes& sample) {
    std::vector<float> values(sample.size() / sizeof(float));
    std::memcpy(values.data(), sample.data(), sample.size());
    return values;
}

}  // namespace skerry::node::testing
