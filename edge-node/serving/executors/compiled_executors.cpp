#include "edge-node/serving/executors/compiled_executors.hpp"

#include <fstream>

#include "edge-node/serving/executors/fused_executor.hpp"
#include "edge-node/serving/executors/int8_executor.hpp"
#include "edge-node/serving/executors/onednn_executor.hpp"
#include "edge-node/serving/executors/plain_executor.hpp"
#include "edge-node/serving/executors/xnnpack_executor.hpp"

namespace skerry::node {
namespace {

/// The first processor's name and what it can; x86 and arm64 name these lines differently.
std::string processor() {
    std::ifstream file("/proc/cpuinfo");
    std::string text;
    for (std::string line; std::getline(file, line) && !line.empty();) {
        for (const char* field : {"model name", "flags", "Features", "CPU implementer", "CPU part"}) {
            if (line.compare(0, std::char_traits<char>::length(field), field) == 0) text += line + '\n';
        }
    }
    return text;
}

}  // namespace

std::vector<Candidate> compiled_executors(const CalibrationRows& int8_rows) {
    const auto plain = [](const parameters::ModelSpec&,
                          const NetworkSource& network) -> Result<std::unique_ptr<const Executor>> {
        return plain_executor_of(network);
    };
    const auto unpacked = [](const parameters::ModelSpec&,
                             const NetworkSource& network) -> Result<std::unique_ptr<const Executor>> {
        return unpacked_executor_of(network);
    };
    const Packer onednn = onednn_executor();
    std::vector<Candidate> candidates = {candidate_of("plain", plain), candidate_of("fused", fused_executor),
                                         candidate_of("onednn", onednn), candidate_of("xnnpack", xnnpack_executor)};
    candidates.front().once = unpacked;
    if (!rows_of(int8_rows).empty()) {
        candidates.push_back({"int8", int8_executor(onednn, int8_rows), false, {}});
    }
    return candidates;
}

std::string machine_key(std::string_view software) {
    return processor() + std::string(software) + ", oneDNN " + onednn_version();
}

}  // namespace skerry::node
