#include "aggregation/rules/tier_norms.hpp"

#include <algorithm>
#include <cmath>

namespace skerry::aggregation {

void TierNormSums::add(std::span<const float> block) {
    const Section& section = sections_[section_];
    if (!section.statistics)
        squares_[static_cast<std::size_t>(section.tier)] += squared_norm_of_block(block.data(), block.size());
}

void TierNormSums::take(std::span<const float> values) {
    while (!values.empty() && section_ < sections_.size()) {
        const std::size_t left = sections_[section_].last - taken_;
        const std::size_t count = std::min({kGramBlock - in_block_, left, values.size()});
        if (count == kGramBlock) {
            add(values.first(count));
        } else {
            std::copy_n(values.begin(), count, block_.begin() + static_cast<std::ptrdiff_t>(in_block_));
            in_block_ += count;
            if (in_block_ == kGramBlock || count == left) {
                add(std::span(block_).first(in_block_));
                in_block_ = 0;
            }
        }
        taken_ += count;
        values = values.subspan(count);
        if (count == left) ++section_;
    }
}

// Block by block: those without a value add nothing.
void TierNormSums::take(const SparseValues& values) {
    for (; section_ < sections_.size() && sections_[section_].last <= values.size; ++section_) {
        const Section& section = sections_[section_];
        taken_ = section.last;
        if (section.statistics) continue;
        const SparseValues::Part part = values.part(section.first, section.last);
        double& squares = squares_[static_cast<std::size_t>(section.tier)];
        for (std::size_t begin = 0; begin < part.places.size();) {
            const std::size_t first = part.places[begin] - (part.places[begin] - section.first) % kGramBlock;
            std::size_t end = begin;
            while (end < part.places.size() && part.places[end] < first + kGramBlock)
                ++end;
            squares += squared_norm_of_block(
                {part.places.subspan(begin, end - begin), part.values.subspan(begin, end - begin)}, first);
            begin = end;
        }
    }
}

TierNorms TierNormSums::norms() const {
    TierNorms norms = squares_;
    for (double& norm : norms)
        norm = std::sqrt(norm);
    return norms;
}

}  // namespace skerry::aggregation
