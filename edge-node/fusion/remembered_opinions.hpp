#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "edge-node/fusion/product_of_experts.hpp"

namespace skerry::node {

/// What experts said until the label comes, for all combinations of a process together, so that one bound holds
/// however many there are and however many classes they know. The oldest makes room. One thread at a time.
class RememberedOpinions {
public:
    /// A constant, and so without promises of the memory budget, which measures it with the rest that the process
    /// holds. About 10,000 questions to two experts about ten classes, 490 about a thousand.
    static constexpr std::size_t kBytesMax = std::size_t{4} << 20U;

    /// The number of one who asks: ids of others are others.
    [[nodiscard]] std::uint64_t new_asker() { return ++askers_; }

    /// Takes the place of what was said under this id before. What alone is larger than kBytesMax is not kept.
    void put(std::uint64_t asker, std::string id, ExpertOpinions said);
    /// Forgets it as well. Nothing: it is not there.
    [[nodiscard]] std::optional<ExpertOpinions> take(std::uint64_t asker, std::string_view id);

    /// What it holds, with what the containers and the allocator add.
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

private:
    using Key = std::pair<std::uint64_t, std::string>;
    using Order = std::list<const Key*>;  // a map's keys stay where they are
    struct Entry {
        ExpertOpinions said;
        std::size_t bytes = 0;
        Order::iterator place{};
    };
    using Entries = std::map<Key, Entry>;
    void forget(Entries::iterator entry);

    Entries entries_;
    Order order_;  ///< keys of entries_, oldest first
    std::size_t bytes_ = 0;
    std::uint64_t askers_ = 0;
};

}  // namespace skerry::node
