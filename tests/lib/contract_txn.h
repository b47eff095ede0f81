/* contract_txn: the transactional tests of the broker contract; see contract_broker.h. */
#ifndef ONCED_TESTS_LIB_CONTRACT_TXN_H
#define ONCED_TESTS_LIB_CONTRACT_TXN_H

#include <check.h>

/* After member_world is set. */
void contract_txn_add(TCase *tcase);

#endif
