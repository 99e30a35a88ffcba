import { assert } from '@firebreak/kernel'
import { acceptPlan, type Enrolment, type HostDecision, type Plan } from '@firebreak/rollout'

/** What a host makes of a plan. */
export interface Answer {
  readonly decision: HostDecision
  readonly enrolment: Enrolment | null
}

/**
 * The plans that hosts hold, numbered from 1; 0: none yet. Hosts that held the same plan and are offered the same one go by the same one
 * afterwards, so it is worked out once for all of them.
 */
export class HeldPlans {
  readonly #plans: (Plan | null)[] = [null]
  readonly #numbers = new Map<Plan, number>()
  /** By what is held: the number of what is held after `#offered`. */
  readonly #successors = new Map<number, number>()
  #offered: Plan | null = null
  /** To each plan, by kind of host: the answers that are those of all hosts of the kind. */
  readonly #answers = new WeakMap<Plan, (Answer | undefined)[]>()

  succeed(held: number, offered: Plan): number {
    if (offered !== this.#offered) {
      this.#offered = offered
      this.#successors.clear()
    }
    const known = this.#successors.get(held)
    if (known !== undefined) return known
    const number = this.#number(acceptPlan(this.#plans[held] ?? null, offered))
    this.#successors.set(held, number)
    return number
  }

  /** @param number - not 0 */
  plan(number: number): Plan {
    const plan = this.#plans[number] ?? null
    assert(plan !== null, 'a host that acts holds a plan')
    return plan
  }

  answers(plan: Plan): (Answer | undefined)[] {
    const known = this.#answers.get(plan)
    if (known) return known
    const none: (Answer | undefined)[] = []
    this.#answers.set(plan, none)
    return none
  }

  #number(plan: Plan): number {
    const known = this.#numbers.get(plan)
    if (known !== undefined) return known
    this.#plans.push(plan)
    this.#numbers.set(plan, this.#plans.length - 1)
    return this.#plans.length - 1
  }
}
