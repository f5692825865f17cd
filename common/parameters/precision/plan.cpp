#include "common/parameters/precision/plan.hpp"

#include <algorithm>
#include <array>

namespace skerry::parameters {
namespace {

constexpr std::string_view kWeight = ".weight";

bool is_weight(const Block& block) {
    return block.shape.size() > 1;
}

bool names(std::string_view name, const Block& block) {
    return block.name.starts_with(name) && (block.name.size() == name.size() || block.name[name.size()] == '.');
}

std::string names_of_weights(std::span<const Block> blocks) {
    std::string all;
    for (const Block& block : blocks) {
        if (is_weight(block))
            all += (all.empty() ? "" : ", ") + block.name.substr(0, block.name.size() - kWeight.size());
    }
    return all;
}

Result<> except(PrecisionPlan& plan, std::string_view exception, std::span<const Block> blocks) {
    const std::size_t equals = exception.find('=');
    if (equals == std::string_view::npos) {
        return fail(ErrorCode::InvalidInput,
                    "'" + std::string(exception) + "' is no exception: write NAME=PRECISION, as in fp8,light.0=fp16");
    }
    const std::string_view name = exception.substr(0, equals);
    const Precision precision = SKERRY_TRY(precision_named(exception.substr(equals + 1)));
    bool found = false;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        if (!is_weight(blocks[i]) || !names(name, blocks[i])) continue;
        plan[i] = precision;
        found = true;
    }
    if (found) return {};
    return fail(ErrorCode::InvalidInput,
                "no weights are called '" + std::string(name) + "'; there are " + names_of_weights(blocks));
}

}  // namespace

PrecisionPlan uniform_plan(std::span<const Block> blocks, Precision precision) {
    PrecisionPlan plan;
    for (const Block& block : blocks)
        plan.push_back(is_weight(block) ? precision : Precision::Float32);
    return plan;
}

Result<PrecisionPlan> plan_named(std::string_view text, std::span<const Block> blocks) {
    if (text == "mixed") {
        PrecisionPlan plan = uniform_plan(blocks, Precision::Float8);
        for (std::size_t i = 0; i < blocks.size(); ++i) {
            const bool at_an_end = names("light.0", blocks[i]) || blocks[i].name.find(".head.") != std::string::npos;
            if (is_weight(blocks[i]) && at_an_end) plan[i] = Precision::Float16;
        }
        return plan;
    }
    std::size_t end = std::min(text.find(','), text.size());
    PrecisionPlan plan = uniform_plan(blocks, SKERRY_TRY(precision_named(text.substr(0, end))));
    while (end < text.size()) {
        const std::size_t begin = end + 1;
        end = std::min(text.find(',', begin), text.size());
        SKERRY_TRY(except(plan, text.substr(begin, end - begin), blocks));
    }
    return plan;
}

std::string to_text(const PrecisionPlan& plan, std::span<const Block> blocks) {
    SKERRY_ASSERT(plan.size() >= blocks.size());
    std::array<std::size_t, kPrecisions> tensors{};
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        if (is_weight(blocks[i])) ++tensors[static_cast<std::size_t>(plan[i])];
    }
    const auto most = static_cast<Precision>(std::max_element(tensors.begin(), tensors.end()) - tensors.begin());
    std::string text(name_of(most));
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        if (!is_weight(blocks[i]) || plan[i] == most) continue;
        text += "," + blocks[i].name.substr(0, blocks[i].name.size() - kWeight.size()) + "=";
        text += name_of(plan[i]);
    }
    return text;
}

Result<> check_plan(const PrecisionPlan& plan, std::span<const Block> blocks) {
    if (plan.size() != blocks.size()) {
        return fail(ErrorCode::InvalidInput, "the plan has " + std::to_string(plan.size()) + " precisions for " +
                                                 std::to_string(blocks.size()) + " tensors");
    }
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        if (!is_weight(blocks[i]) && plan[i] != Precision::Float32) {
            return fail(ErrorCode::InvalidInput,
                        "'" + blocks[i].name + "' must be fp32, not " + std::string(name_of(plan[i])));
        }
    }
    return {};
}

}  // namespace skerry::parameters
