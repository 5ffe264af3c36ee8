import assert from "node:assert/strict";
import { test } from "node:test";
import { multistepOrder } from "../../../../src/diffusion/scheduler/solver/multistep-order.js";
import { singlestepOrders } from "../../../../src/diffusion/scheduler/solver/singlestep-orders.js";

/** The orders of a schedule that is run from `begin`. */
function multistepOrders(
  stepCount: number,
  options: { solverOrder: number; lowerOrderFinal: boolean; isLastFirstOrder: boolean },
  begin = 0,
): string {
  const orders = Array.from({ length: stepCount - begin }, (_, i) =>
    multistepOrder({ ...options, stepCount }, begin + i, i + 1),
  );
  return orders.join("");
}

test("a multistep solver's order rises with what it has seen and falls at the end of a short schedule", () => {
  const third = { solverOrder: 3, lowerOrderFinal: true, isLastFirstOrder: false };
  assert.equal(multistepOrders(1, third), "1");
  assert.equal(multistepOrders(2, third), "11");
  assert.equal(multistepOrders(7, third), "1233321");
  assert.equal(multistepOrders(7, third, 3), "1221");
  assert.equal(multistepOrders(15, third), "123333333333333");
  assert.equal(multistepOrders(15, { ...third, isLastFirstOrder: true }), "123333333333331");
  assert.equal(multistepOrders(5, { ...third, lowerOrderFinal: false }), "12333");
  assert.equal(multistepOrders(5, { ...third, solverOrder: 2 }), "12221");
  assert.equal(multistepOrders(5, { ...third, solverOrder: 1 }), "11111");
  assert.equal(multistepOrders(5, { ...third, solverOrder: 4, lowerOrderFinal: false }), "12333");
});

test("a singlestep solver's orders are diffusers' get_order_list", () => {
  const orders = (
    solverOrder: number,
    stepCount: number,
    lowerOrderFinal: boolean,
    endsWithoutNoise = false,
  ) => singlestepOrders({ solverOrder, stepCount, lowerOrderFinal, endsWithoutNoise }).join("");
  assert.equal(orders(3, 6, true), "123121");
  assert.equal(orders(3, 7, true), "1231231");
  assert.equal(orders(3, 8, true), "12312312");
  assert.equal(orders(3, 8, true, true), "12312311");
  assert.equal(orders(3, 6, false), "123123");
  assert.equal(orders(3, 6, false, true), "123121");
  assert.equal(orders(2, 4, true), "1211");
  assert.equal(orders(2, 5, true), "12121");
  assert.equal(orders(2, 4, false), "1212");
  assert.equal(orders(1, 3, true), "111");
  assert.equal(orders(3, 1, false, true), "1");
});
