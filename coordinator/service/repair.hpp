#pragma once

#include <string>
#include <vector>

#include "coordinator/ledger/journal.hpp"
#include "coordinator/service/directory.hpp"

namespace skerry::coordinator {

struct Repaired {
    ledger::Version entries = 0;        ///< of the journal, whose chain is whole
    std::size_t blobs = 0;              ///< that the history needs
    std::vector<std::string> problems;  ///< a sentence for each of them that is missing or damaged
};

/// Proves the journal whole, makes its tables anew, and looks at every blob that it needs. Blobs it cannot mend: they
/// come from a backup. Reads all weights and updates that are held; writes only the tables.
/// Conflict: a coordinator runs on the directory. NotFound, PermissionDenied: the directory. Unavailable: history.db or
/// blobs/ cannot be opened. Internal: a journal entry is missing or was changed; it is named, and nothing is touched.
[[nodiscard]] Result<Repaired> repair(const Directory& directory);

}  // namespace skerry::coordinator
