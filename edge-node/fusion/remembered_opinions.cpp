#include "edge-node/fusion/remembered_opinions.hpp"

namespace skerry::node {
namespace {

constexpr std::size_t kBlockBytes = 16;  // what the allocator adds to each
/// Of the map's and the list's nodes, their blocks and those of the id and the opinions.
constexpr std::size_t kEntryBytes = 224;

std::size_t bytes_of(const std::string& id, const ExpertOpinions& said) {
    std::size_t bytes = kEntryBytes + id.size() + said.capacity() * sizeof(said.front());
    for (const auto& one : said)
        bytes += one ? one->capacity() * sizeof(float) + kBlockBytes : 0;
    return bytes;
}

}  // namespace

void RememberedOpinions::put(std::uint64_t asker, std::string id, ExpertOpinions said) {
    Key key(asker, std::move(id));
    if (const auto before = entries_.find(key); before != entries_.end()) forget(before);
    const std::size_t bytes = bytes_of(key.second, said);
    if (bytes > kBytesMax) return;
    while (bytes_ + bytes > kBytesMax)
        forget(entries_.find(*order_.front()));
    const auto entry = entries_.emplace(std::move(key), Entry{std::move(said), bytes}).first;
    entry->second.place = order_.insert(order_.end(), &entry->first);
    bytes_ += bytes;
}

std::optional<ExpertOpinions> RememberedOpinions::take(std::uint64_t asker, std::string_view id) {
    const auto found = entries_.find(Key(asker, id));
    if (found == entries_.end()) return std::nullopt;
    ExpertOpinions said = std::move(found->second.said);
    forget(found);
    return said;
}

void RememberedOpinions::forget(Entries::iterator entry) {
    bytes_ -= entry->second.bytes;
    order_.erase(entry->second.place);
    entries_.erase(entry);
}

}  // namespace skerry::node
