// AccountQuestions: the questions of one reader, put to several accounts in turn.
//
// Theory of operation
//
// A CloudReader knows one cloud. Here each question about interfaces or groups goes to the
// gateway's own account, page by page, then to the next one: the token of a page says where to go
// on. So the answer is complete only where every account answered. Preferences and lists stay the
// own account's.
//
// An account that fails keeps none of the others from being read: the next one is asked, and the
// failure is the answer after the last of them. What came before it is taken in, what it adds and
// changes; a sweep that ends with it proves no absence (cloud/inventory.h), but comes again no
// sooner than one that ends well. Of several failures the first one is told, as "account
// 111122223333: …".
//
// Tokens carry the state, "ACCOUNT:FAILED:TOKEN", numbers and the token of the account asked, so
// that a look-up between two pages of a sweep cannot make the sweep forget a failure. What stands
// in a token of EC2 is EC2's; ours comes back as it went out, or is refused.
//
// EC2 counts calls by account, and none is asked more often than it would be alone, whether another
// one fails or not: a page is one call, and a look-up asks each once (or by its pages). Only before
// the first policy, which needs all of them, all are asked again soon. Questions name what they ask
// for by filters: an account that has none of it answers with nothing, where by id it would answer
// with an error.
//
// In a shared VPC its owner can be told of the interfaces of others as well. One that two accounts
// tell of has one id, and so is one interface.
//
// Covered by account_questions_test.cc.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "daemon/cloud_reader.h"

namespace dn::daemon {

inline constexpr std::size_t kPageTokenMax = 16'384;  // of an account; beyond: it has failed

struct AccountQuestions {
  std::string account;  // 12 digits, for people
  InterfaceQuestion interfaces;
  GroupQuestion groups;
};

// `own` first. Without others: `own`, as it is.
CloudQuestions ask_accounts(CloudQuestions own, std::vector<AccountQuestions> others);

}  // namespace dn::daemon
